// HTTP without TLS. An import of node:http by name reads all that the module offers, and so brings Node's fetch and WebSocket into the
// process, which nobody here uses; asking for the module itself does not.
const http = process.getBuiltinModule('node:http')

export const plainRequest = http.request
export const PlainAgent = http.Agent
