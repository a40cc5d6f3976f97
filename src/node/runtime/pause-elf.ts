// The process that holds a pod's namespaces, as a static ELF executable of a few hundred bytes, assembled here so that
// neither a compiler nor a registry is needed. What it does, in C:
//
//   sigaction(SIGCHLD, SIG_IGN)                      the kernel then reaps its children, orphans of the pod included
//   sigprocmask(SIG_BLOCK, {SIGINT, SIGTERM})        blocked, they are kept also for process 1, which ignores unhandled signals
//   while (sigtimedwait({SIGINT, SIGTERM}) <= 0) ;   no timeout; interrupted by other signals: again
//   exit_group(0)

export type Architecture = 'amd64' | 'arm64'

const loadAddress = 0x400000
const headerSize = 64 + 56
const signals = { interrupt: 2, terminate: 15, child: 17 }
const waitedFor = (1 << (signals.interrupt - 1)) | (1 << (signals.terminate - 1))

/** The bytes of the pause executable for an architecture. */
export function pauseElf(architecture: Architecture): Uint8Array {
  const code = architecture === 'amd64' ? amd64() : arm64()
  const file = new Uint8Array(headerSize + code.length)
  const view = new DataView(file.buffer)
  // ELF header: 64-bit, little endian, version 1, executable.
  file.set([0x7f, 0x45, 0x4c, 0x46, 2, 1, 1])
  view.setUint16(16, 2, true)
  view.setUint16(18, architecture === 'amd64' ? 62 : 183, true)
  view.setUint32(20, 1, true)
  view.setBigUint64(24, BigInt(loadAddress + headerSize), true)   // entry
  view.setBigUint64(32, 64n, true)                                // program headers follow at once
  view.setUint16(52, 64, true)
  view.setUint16(54, 56, true)
  view.setUint16(56, 1, true)
  // One program header: load the whole file, readable and executable. 64 KiB alignment suits every page size.
  view.setUint32(64, 1, true)
  view.setUint32(68, 5, true)
  view.setBigUint64(80, BigInt(loadAddress), true)
  view.setBigUint64(88, BigInt(loadAddress), true)
  view.setBigUint64(96, BigInt(file.length), true)
  view.setBigUint64(104, BigInt(file.length), true)
  view.setBigUint64(112, 0x10000n, true)
  file.set(code, headerSize)
  return file
}

/** struct sigaction { handler = SIG_IGN, flags, restorer, mask }, then the set waited for. */
const data = [1, 0, 0, 0, waitedFor].flatMap((word) => [word & 0xff, (word >> 8) & 0xff, 0, 0, 0, 0, 0, 0])
const dataOffset = { ignore: 0, set: 32 }

function amd64(): Uint8Array {
  const code: number[] = []
  const addresses: { at: number; data: number }[] = []
  const eax = (n: number) => code.push(0xb8, n, 0, 0, 0)                             // mov eax, n
  const edi = (n: number) => code.push(0xbf, n, 0, 0, 0)                             // mov edi, n
  const zero = { edi: () => code.push(0x31, 0xff), esi: () => code.push(0x31, 0xf6), edx: () => code.push(0x31, 0xd2) }
  const address = (register: 'rsi' | 'rdi', data: number) => {                       // lea register, [rip + data]
    code.push(0x48, 0x8d, register === 'rsi' ? 0x35 : 0x3d, 0, 0, 0, 0)
    addresses.push({ at: code.length, data })
  }
  const setSize = () => code.push(0x41, 0xba, 8, 0, 0, 0)                            // mov r10d, 8
  const syscall = () => code.push(0x0f, 0x05)

  eax(13); edi(signals.child); address('rsi', dataOffset.ignore); zero.edx(); setSize(); syscall()    // rt_sigaction
  eax(14); zero.edi(); address('rsi', dataOffset.set); zero.edx(); setSize(); syscall()               // rt_sigprocmask
  const wait = code.length
  code.push(0xb8, 128, 0, 0, 0); address('rdi', dataOffset.set); zero.esi(); zero.edx(); setSize(); syscall()  // rt_sigtimedwait
  code.push(0x85, 0xc0)                                                              // test eax, eax
  code.push(0x7e, (wait - (code.length + 2)) & 0xff)                                 // jle wait
  code.push(0xb8, 231, 0, 0, 0); zero.edi(); syscall()                               // exit_group(0)

  while (code.length % 8 !== 0) code.push(0x90)
  for (const { at, data } of addresses) code[at - 4] = code.length + data - at       // all distances are below 128
  return Uint8Array.from([...code, ...data])
}

function arm64(): Uint8Array {
  const words: number[] = []
  const addresses: { at: number; register: number; data: number }[] = []
  const set = (register: number, n: number) => words.push(0xd2800000 | (n << 5) | register)           // mov xR, n
  const address = (register: number, data: number) => { addresses.push({ at: words.length, register, data }); words.push(0) }
  const call = (number: number) => { set(8, number); words.push(0xd4000001) }                         // svc 0

  set(0, signals.child); address(1, dataOffset.ignore); set(2, 0); set(3, 8); call(134)               // rt_sigaction
  set(0, 0); address(1, dataOffset.set); set(2, 0); set(3, 8); call(135)                              // rt_sigprocmask
  const wait = words.length
  address(0, dataOffset.set); set(1, 0); set(2, 0); set(3, 8); call(137)                              // rt_sigtimedwait
  words.push(0xf100001f)                                                                              // cmp x0, 0
  words.push(0x5400000d | (((wait - words.length) & 0x7ffff) << 5))                                   // b.le wait
  set(0, 0); call(94)                                                                                 // exit_group(0)

  if (words.length % 2 !== 0) words.push(0xd503201f)                                                  // nop
  for (const { at, register, data } of addresses) {                                                   // adr xR, data
    const distance = (words.length - at) * 4 + data
    words[at] = 0x10000000 | ((distance & 3) << 29) | ((distance >> 2) << 5) | register
  }
  const bytes = new Uint8Array(words.length * 4 + data.length)
  const view = new DataView(bytes.buffer)
  words.forEach((word, i) => view.setUint32(i * 4, word, true))
  bytes.set(data, words.length * 4)
  return bytes
}
