import { defineCommand } from '../command.ts'
import { choice, path } from '../flag.ts'
import { Failure, usageError } from '../failure.ts'
import { openFileLog } from '../file-log.ts'

const lingerMs = 1000

export const agent = defineCommand({
  name: 'agent',
  summary: 'Run the agent of one node',
  about: 'Started by up for each real node, in the node\'s namespaces.',
  hidden: true,
  flags: {
    config: path({ description: 'What the node is' }),
    logFile: path({ description: 'Where the log goes' }),
    logLevel: choice({ description: 'How much the log says' }, ['debug', 'info', 'warn', 'error'], 'info'),
  },
  run: async ({ config, logFile, logLevel }) => {
    if (config === undefined || logFile === undefined) throw usageError('agent needs --config and --log-file')
    const { assembly } = await import('../up/run-up.ts')
    const { log, close } = openFileLog(logFile, { level: logLevel, now: Date.now })
    try {
      const stopped = new Promise<void>((resolve) => { for (const signal of ['SIGINT', 'SIGTERM'] as const) process.once(signal, () => { resolve() }) })
      const running = await (await assembly()).runAgent(config, { log, progress: () => {} })
      await Promise.race([stopped, running.failed])
      await running.stop()
      // Whatever waits for an answer from a runtime or a server that has gone must not keep this process.
      setTimeout(() => process.exit(0), lingerMs).unref()
      return 0
    } catch (error) {
      log.error('the agent stopped', { error })
      throw error instanceof Failure ? error : new Failure(`the agent stopped: ${error instanceof Error ? error.message : String(error)}`, 1, { cause: error })
    } finally { close() }
  },
})
