// The audit log: kube-apiserver's flags, with its names, meanings and defaults.
import { choice, decimal, duration, integer, path, toggle } from '../flag.ts'

const group = 'Audit (the reference\'s names)'
const modes = ['batch', 'blocking', 'blocking-strict'] as const
const versions = ['audit.k8s.io/v1', 'audit.k8s.io/v1beta1'] as const
const many = 2 ** 31 - 1, size = 2 ** 40

export const auditFlags = {
  auditPolicyFile: path({ group, description: 'Which requests are written down, and how much of them (audit.k8s.io/v1 Policy)' }),
  auditLogPath: path({ group, description: 'The file they are written to; - is the standard output' }),
  auditLogFormat: choice({ group, description: 'Events as lines of JSON, or as one-line texts' }, ['json', 'legacy'], 'json'),
  auditLogVersion: choice({ group, description: 'Version of the events; v1beta1 is what the reference wrote before 1.24' }, versions, 'audit.k8s.io/v1'),
  auditLogMaxage: integer({ group, description: 'Days that rotated files are kept; 0: they are not counted' }, [0, 100_000], 366),
  auditLogMaxbackup: integer({ group, description: 'Rotated files that are kept; 0: all of them' }, [0, 1_000_000], 100),
  auditLogMaxsize: integer({ group, description: 'Megabytes after which a file is rotated' }, [0, 1_000_000], 100),
  auditLogCompress: toggle({ group, description: 'Rotated files are compressed with gzip' }),
  auditLogMode: choice({ group, description: 'Whether requests wait until their events are written; strict ones fail where that fails' }, modes, 'blocking'),
  auditLogBatchBufferSize: integer({ group, description: 'Events that may wait to be written (batch)' }, [1, many], 10_000),
  auditLogBatchMaxSize: integer({ group, description: 'Events in a batch (batch)' }, [1, many], 1),
  auditLogBatchMaxWait: duration({ group, description: 'How long events wait for company (batch)' }, 0, '0'),
  auditLogBatchThrottleEnable: toggle({ group, description: 'Whether batches are throttled (batch)' }),
  auditLogBatchThrottleQps: decimal({ group, description: 'Batches a second (batch)' }, 0),
  auditLogBatchThrottleBurst: integer({ group, description: 'Batches at once (batch)' }, [0, many], 0),
  auditLogTruncateEnabled: toggle({ group, description: 'Whether events that are too large are cut' }),
  auditLogTruncateMaxEventSize: integer({ group, description: 'Bytes of an event; larger ones lose their objects, then themselves' }, [1, size], 102_400),
  auditLogTruncateMaxBatchSize: integer({ group, description: 'Bytes of a batch; larger ones are parted' }, [1, size], 10_485_760),
  auditWebhookConfigFile: path({ group, description: 'A kubeconfig that leads to the webhook which takes the events' }),
  auditWebhookVersion: choice({ group, description: 'Version of the events' }, versions, 'audit.k8s.io/v1'),
  auditWebhookInitialBackoff: duration({ group, description: 'How long to wait before a failed call is tried again' }, 10_000, '10s'),
  auditWebhookMode: choice({ group, description: 'Whether requests wait until the webhook has their events; strict ones fail where it has not' }, modes, 'batch'),
  auditWebhookBatchBufferSize: integer({ group, description: 'Events that may wait to be sent (batch)' }, [1, many], 10_000),
  auditWebhookBatchMaxSize: integer({ group, description: 'Events in a batch (batch)' }, [1, many], 400),
  auditWebhookBatchMaxWait: duration({ group, description: 'How long events wait for company (batch)' }, 30_000, '30s'),
  auditWebhookBatchThrottleEnable: toggle({ group, description: 'Whether batches are throttled (batch)' }, true),
  auditWebhookBatchThrottleQps: decimal({ group, description: 'Batches a second (batch)' }, 10),
  auditWebhookBatchThrottleBurst: integer({ group, description: 'Batches at once (batch)' }, [0, many], 15),
  auditWebhookTruncateEnabled: toggle({ group, description: 'Whether events that are too large are cut' }),
  auditWebhookTruncateMaxEventSize: integer({ group, description: 'Bytes of an event; larger ones lose their objects, then themselves' }, [1, size], 102_400),
  auditWebhookTruncateMaxBatchSize: integer({ group, description: 'Bytes of a batch; larger ones are parted' }, [1, size], 10_485_760),
}

/** Values of these flags. */
export type AuditFlags = { readonly [K in keyof typeof auditFlags]: (typeof auditFlags)[K]['default'] }
