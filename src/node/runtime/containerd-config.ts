import { pauseImageName } from './pause-image.ts'

/** What a node's own containerd is configured with. All paths are absolute. */
export interface ContainerdConfig {
  /** Images and containers; survives a reboot. */
  readonly root: string
  /** Running containers; must be empty after a reboot. */
  readonly state: string
  readonly socket: string
  /** For runc's own state. */
  readonly runcRoot: string
  readonly cniConfigDirectory: string
  readonly cniBinaryDirectory: string
  /** Folders <host>/hosts.toml that say how to reach registries. */
  readonly registryDirectory: string
  /** OCI runtimes by handler name besides runc, such as { crun: '/usr/bin/crun' }. */
  readonly handlers?: Readonly<Record<string, string>>
  /** Whether the machine denies oom_score_adj below the current one: needed without CAP_SYS_RESOURCE. */
  readonly restrictOomScore: boolean
}

/** The configuration file, in TOML. */
export function containerdToml(config: ContainerdConfig): string {
  const cri = 'plugins."io.containerd.grpc.v1.cri"'
  const handler = (name: string, binary: string | undefined) => [
    section(`${cri}.containerd.runtimes.${quoted(name)}`), 'runtime_type = "io.containerd.runc.v2"',
    section(`${cri}.containerd.runtimes.${quoted(name)}.options`), 'SystemdCgroup = false',
    `Root = ${quoted(`${config.runcRoot}/${name}`)}`, ...(binary === undefined ? [] : [`BinaryName = ${quoted(binary)}`]),
  ]
  return [
    'version = 2', `root = ${quoted(config.root)}`, `state = ${quoted(config.state)}`, 'imports = []',
    'disabled_plugins = ["io.containerd.snapshotter.v1.aufs", "io.containerd.snapshotter.v1.btrfs", "io.containerd.snapshotter.v1.devmapper", '
      + '"io.containerd.snapshotter.v1.zfs", "io.containerd.internal.v1.tracing", "io.containerd.tracing.processor.v1.otlp"]',
    section('grpc'), `address = ${quoted(config.socket)}`,
    section('debug'), 'level = "warn"',
    section('plugins."io.containerd.internal.v1.opt"'), `path = ${quoted(`${config.root}/opt`)}`,
    section(cri), `sandbox_image = ${quoted(pauseImageName)}`,
    // The agent reaches it from inside the same network namespace.
    'stream_server_address = "127.0.0.1"', 'stream_server_port = "0"',
    'netns_mounts_under_state_dir = true', `restrict_oom_score_adj = ${config.restrictOomScore}`,
    'max_container_log_line_size = 16384', 'tolerate_missing_hugetlb_controller = true',
    section(`${cri}.containerd`), 'snapshotter = "overlayfs"', 'default_runtime_name = "runc"',
    ...handler('runc', undefined), ...Object.entries(config.handlers ?? {}).flatMap(([name, binary]) => handler(name, binary)),
    section(`${cri}.cni`), `bin_dir = ${quoted(config.cniBinaryDirectory)}`, `conf_dir = ${quoted(config.cniConfigDirectory)}`, 'max_conf_num = 1',
    section(`${cri}.registry`), `config_path = ${quoted(config.registryDirectory)}`, '',
  ].join('\n')
}

const section = (name: string): string => `[${name}]`
/** A TOML basic string: JSON's escapes are among TOML's. */
const quoted = (text: string): string => JSON.stringify(text)
