// A client of the network tests: asks `count` times, one after the other, and prints the answers as JSON; an error is its code.
// Arguments: tcp or udp, address, port, count, and for UDP the port to ask from (all with one socket then).
import { createSocket } from 'node:dgram'
import { connect } from 'node:net'

const [kind = '', address = '', port = '', count = '1', from = ''] = process.argv.slice(2)
const timeoutMs = 1500

const overTcp = () => new Promise<string>((resolve) => {
  const socket = connect({ host: address, port: Number(port), timeout: timeoutMs })
  let said = ''
  socket.setEncoding('utf8').on('data', (chunk: string) => { said += chunk })
  socket.on('end', () => { resolve(said) })
  socket.on('timeout', () => { socket.destroy(); resolve('ETIMEDOUT') })
  socket.on('error', (error: NodeJS.ErrnoException) => { resolve(error.code ?? 'error') })
})

const overUdp = () => new Promise<string>((resolve) => {
  const socket = createSocket('udp4')
  const finish = (answer: string) => { clearTimeout(timer); socket.close(() => { resolve(answer) }) }
  const timer = setTimeout(() => { finish('ETIMEDOUT') }, timeoutMs)
  socket.on('message', (message) => { finish(message.toString()) })
  socket.on('error', (error: NodeJS.ErrnoException) => { finish(error.code ?? 'error') })
  socket.bind(from ? Number(from) : 0, () => { socket.connect(Number(port), address, () => { socket.send('who') }) })
})

const answers: string[] = []
for (let i = 0; i < Number(count); i++) answers.push(await (kind === 'udp' ? overUdp() : overTcp()))
process.stdout.write(JSON.stringify(answers))
