// Every scenario there is.
import { cronJobs } from './cron-jobs.ts'
import { daemonSets } from './daemon-sets.ts'
import { disruptions } from './disruptions.ts'
import { endpoints } from './endpoints.ts'
import { jobs } from './jobs.ts'
import { budgetsOfPreemption, preemptions } from './preemptions.ts'
import { quotas } from './quotas.ts'
import { replicas } from './replicas.ts'
import type { Scenario } from './stage.ts'
import { statefulSets } from './stateful-sets.ts'

export const scenarios: readonly Scenario[] = [statefulSets, replicas, daemonSets, jobs, cronJobs, disruptions, endpoints, quotas, preemptions, budgetsOfPreemption]
