// A backend of the network tests: says its name and who asked, over TCP and UDP. Arguments: name, port.
import { createSocket } from 'node:dgram'
import { createServer } from 'node:net'

const [name = '', port = ''] = process.argv.slice(2)
const answer = (from: string | undefined) => `${name} ${from?.replace('::ffff:', '')}`

const udp = createSocket('udp4')
udp.on('message', (_, peer) => { udp.send(answer(peer.address), peer.port, peer.address) })
udp.bind(Number(port), '0.0.0.0', () => {
  createServer((socket) => { socket.on('error', () => {}); socket.end(answer(socket.remoteAddress)) })
    .listen(Number(port), '0.0.0.0', () => { process.stdout.write('ready\n') })
})
