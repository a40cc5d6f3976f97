import { maxClusterName } from '../data-dir.ts'
import { choice, matching, path } from '../flag.ts'

/** Which cluster: what nearly every command takes. */
export const clusterFlags = {
  name: matching({ value: 'NAME', description: 'Which cluster; several live side by side' },
    new RegExp(`^[a-z](?:[a-z0-9-]{0,${maxClusterName - 2}}[a-z0-9])?$`), `a name of at most ${maxClusterName} lower-case letters, digits and dashes, a letter first`, 'proa'),
  dataDir: path({ value: 'DIR', completes: 'directory', description: 'Where clusters keep everything', defaultText: '$PROA_HOME, else /var/lib/proa for root, else ~/.proa' }),
}

/** How results are printed. */
export const outputFlags = {
  output: choice({ short: 'o', description: 'How the result is printed' }, ['text', 'json'], 'text'),
}
