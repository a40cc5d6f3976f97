// kube-scheduler's own flags: its names and defaults.
import { path } from '../flag.ts'

export const schedulerFlags = {
  config: path({ description: 'KubeSchedulerConfiguration (kubescheduler.config.k8s.io/v1)', defaultText: 'one profile, default-scheduler' }),
}
