// How the server makes itself known to admission webhooks: a kubeconfig whose users are called after servers (--admission-control-config-file).
import { beside, kubeconfigUsers, type Credentials, type ReadFile } from '../kubeconfig-target.ts'
import { expectKind, type PluginConfiguration } from './configuration.ts'

const versions = ['apiserver.config.k8s.io/v1', 'apiserver.config.k8s.io/v1alpha1']

/** The credentials for a server (`host:port`), by the plugin's configuration. Throws an Error that says what is wrong with it. */
export function webhookCredentials(plugin: string, configuration: PluginConfiguration | undefined, read: ReadFile): (server: string) => Credentials | undefined {
  if (!configuration) return () => undefined
  expectKind(configuration, plugin, 'WebhookAdmissionConfiguration', versions)
  const file = configuration.value['kubeConfigFile']
  if (typeof file !== 'string' || file === '') return () => undefined
  const users = kubeconfigUsers(beside(configuration.file, file), read)
  return (server) => credentialsFor(users, server)
}

/** Whoever is called after the server, or after a domain that it lies in (`*.ns.svc:443`); the ordinary port may be left out. */
export function credentialsFor<T>(users: ReadonlyMap<string, T>, server: string): T | undefined {
  const names = server.endsWith(':443') ? [server, server.slice(0, -':443'.length)] : [server]
  for (const name of names) {
    const steps = name.split('.')
    for (let i = 0; i < steps.length; i++) {
      const found = users.get(i === 0 ? name : `*.${steps.slice(i).join('.')}`)
      if (found) return found
    }
  }
  return undefined
}
