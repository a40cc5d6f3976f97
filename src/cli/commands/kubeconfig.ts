import { readFileSync } from 'node:fs'
import { defineCommand } from '../command.ts'
import { pathsOf } from '../cluster-options.ts'
import { checkLayout } from '../data-dir.ts'
import { Failure } from '../failure.ts'
import { path, toggle } from '../flag.ts'
import { clusterFlags } from '../flags/cluster-flags.ts'
import { ofCluster } from '../up/describe.ts'

export const kubeconfig = defineCommand({
  name: 'kubeconfig',
  summary: 'Print a cluster\'s kubeconfig, or write its context into yours',
  about: 'What is printed holds the administrator\'s key: whoever has it owns the cluster.',
  examples: [
    ['./proa kubeconfig > lab.yaml', 'a file of its own'],
    ['./proa kubeconfig --write', 'the context again, selected, in the kubeconfig that kubectl uses'],
  ],
  flags: {
    ...clusterFlags,
    write: toggle({ description: 'Write and select the context instead of printing' }),
    kubeconfig: path({ description: 'The kubeconfig to write into', defaultText: '$KUBECONFIG, else ~/.kube/config' }),
  },
  run: async (values, _words, terminal) => {
    const paths = pathsOf(values)
    checkLayout(paths)
    let text: string
    try {
      text = readFileSync(paths.kubeconfigFile, 'utf8')
    } catch (error) {
      throw new Failure(`cluster ${values.name} has no kubeconfig yet in ${paths.clusterDir}. Start it with ./proa up${ofCluster(values.name)}.`, 1, { cause: error })
    }
    if (!values.write) {
      terminal.out(text.trimEnd())
      return 0
    }
    const [{ accessOf }, { kubeconfigFiles, writeContext }] = await Promise.all([import('../up/resume.ts'), import('../kubeconfig-file.ts')])
    const access = accessOf(paths)
    if (!access) throw new Failure(`${paths.kubeconfigFile} is damaged. ./proa up${ofCluster(values.name)} writes it anew.`)
    const file = await writeContext(kubeconfigFiles(values.kubeconfig), values.name, access)
    terminal.out(`${terminal.paint.green('✓')} kubectl context "${values.name}" is selected  ${terminal.paint.dim(file)}`)
    return 0
  },
})
