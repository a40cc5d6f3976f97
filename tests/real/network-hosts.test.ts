// needs: linux root containerd
// The machines of clusters on this host: network namespaces, bridges, routes, and that nothing is left of them.
import assert from 'node:assert/strict'
import { execFile } from 'node:child_process'
import { mkdtemp, readdir, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { after, before, describe, test } from 'node:test'
import { promisify } from 'node:util'
import { chooseClusterNetwork, planHosts, raiseHosts, removeHosts, surveyHost, withNodes, type ClusterNetwork, type HostPlan } from '#network'
import { Lab } from './network-lab/lab.ts'

const run = async (...argv: string[]) => (await promisify(execFile)(argv[0]!, argv.slice(1), { timeout: 20_000 })).stdout
const canReach = (netns: string, address: string) => run('ip', 'netns', 'exec', netns, 'busybox', 'ping', '-c', '1', '-W', '1', address).then(() => true, () => false)

/** Everything of a cluster that this host shows. */
async function remains({ mark }: { mark: string }): Promise<string[]> {
  const [links, rules, names] = await Promise.all([run('ip', '-o', 'link'), run('nft', 'list', 'tables'), readdir('/run/netns').catch(() => [])])
  return [...links.split('\n'), ...rules.split('\n'), ...names].filter((line) => line.includes(mark))
}
const snapshot = async ({ nodes }: HostPlan) => (await Promise.all([
  run('ip', 'address'), run('ip', 'route'), run('nft', 'list', 'ruleset'), ...nodes.flatMap(({ netns }) => [run('ip', '-n', netns, 'address'), run('ip', '-n', netns, 'route')]),
])).join('').replaceAll(/(?:valid_lft|preferred_lft) \S+/g, '')

describe('hosts', () => {
  let directory: string
  let network: ClusterNetwork
  let other: ClusterNetwork
  before(async () => {
    directory = await mkdtemp(join(tmpdir(), 'proa-hosts-'))
    network = withNodes(chooseClusterNetwork({ cluster: 'nettest-one', dataDirectory: directory, taken: await surveyHost() }), ['node-1', 'node-2'])
    other = withNodes(chooseClusterNetwork({ cluster: 'nettest-two', dataDirectory: directory, taken: [...await surveyHost(), network.nodeCidr, network.podCidr] }), ['node-1'])
  })
  after(async () => {
    await removeHosts(network.mark)
    await removeHosts(other.mark)
    await rm(directory, { recursive: true })
  })

  test('nodes reach each other and their host', async () => {
    const plan = planHosts(network)
    await raiseHosts(plan)
    assert.ok(await canReach(plan.nodes[0]!.netns, plan.nodes[1]!.address))
    assert.ok(await canReach(plan.nodes[1]!.netns, plan.gateway))
  })

  test('done again, nothing changes', async () => {
    const plan = planHosts(network)
    const first = await snapshot(plan)
    await raiseHosts(plan)
    assert.equal(await snapshot(plan), first)
  })

  test('what has been broken is mended', async () => {
    const plan = planHosts(network)
    const [one, two] = [plan.nodes[0]!, plan.nodes[1]!]
    for (const damage of [
      ['ip', 'link', 'delete', one.veth], ['ip', 'netns', 'delete', two.netns], ['ip', 'link', 'delete', plan.bridge], ['ip', '-n', one.netns, 'route', 'delete', 'default'],
      ['ip', '-n', one.netns, 'route', 'replace', plan.nodes[1]!.podCidr, 'via', plan.gateway, 'proto', '157'], ['ip', 'link', 'set', two.veth, 'nomaster'],
    ]) {
      await run(...damage)
      await raiseHosts(plan)
      assert.ok(await canReach(one.netns, two.address), damage.join(' '))
      assert.match(await run('ip', '-n', one.netns, 'route'), new RegExp(`^default via ${plan.gateway}[^]*${two.podCidr} via ${two.address}`), damage.join(' '))
    }
  })

  test('a node whose namespace lost its name while a process lives in it gets a new one', async () => {
    const plan = planHosts(network)
    const { netns, netnsPath, address } = plan.nodes[0]!
    const lasting = execFile('nsenter', [`--net=${netnsPath}`, 'sleep', '60'])
    try {
      await run('ip', 'netns', 'delete', netns)
      await raiseHosts(plan)
      assert.ok(await canReach(plan.nodes[1]!.netns, address))
    } finally {
      lasting.kill('SIGKILL')
    }
  })

  test('nodes that the cluster no longer has go, and their routes with them', async () => {
    const fewer = planHosts(withNodes(network, ['node-2']))
    await raiseHosts(fewer)
    assert.deepEqual((await readdir('/run/netns')).filter((name) => name.includes(network.mark)), [fewer.nodes[0]!.netns])
    const [left] = fewer.nodes
    const shown = (await run('ip', 'route', 'show', 'proto', '157', 'dev', fewer.bridge)).trim().split('\n').map((line) => line.split(' ').slice(0, 3).join(' '))
    assert.deepEqual(shown.sort(), [left!.podCidr, fewer.loadBalancerCidr].map((to) => `${to} via ${left!.address}`).sort())
    await raiseHosts(planHosts(network))
  })

  test('two clusters live side by side, and one goes without the other', async () => {
    const [plan, second] = [planHosts(network), planHosts(other)]
    await raiseHosts(second)
    assert.ok(await canReach(second.nodes[0]!.netns, second.gateway))
    await removeHosts(other.mark)
    assert.deepEqual(await remains(other), [])
    assert.ok(await canReach(plan.nodes[0]!.netns, plan.nodes[1]!.address))
  })

  test('after removal nothing is left, also of halves, and removing nothing is no error', async () => {
    const plan = planHosts(network)
    await run('ip', 'link', 'delete', plan.bridge)
    await run('ip', 'link', 'delete', plan.nodes[0]!.veth)
    await removeHosts(network.mark)
    assert.deepEqual(await remains(network), [])
    await removeHosts(network.mark)
    const half = planHosts(network)
    await assert.rejects(raiseHosts({ ...half, nodes: [half.nodes[0]!, { ...half.nodes[1]!, address: '999.0.0.1' }] }))
    await removeHosts(network.mark)
    assert.deepEqual(await remains(network), [])
  })

  test('the ranges that the host uses are known, so that nobody takes them twice', async () => {
    const plan = planHosts(network)
    await raiseHosts(plan)
    const taken = await surveyHost()
    for (const range of [network.nodeCidr, plan.nodes[0]!.podCidr]) assert.ok(taken.some((text) => text.split('/')[0] === range.split('/')[0]), range)
    assert.ok(!(await surveyHost(plan.bridge)).some((text) => text.startsWith(plan.gateway)))
  })
})

describe('a host whose firewall forwards nothing', () => {
  test('lets the cluster through, and has its firewall back as it was', async () => {
    await using lab = await Lab.make('nettest-firewall', [])
    // A machine within the machine, so that nobody else's packets are dropped.
    const netns = `pl${lab.plan.mark}-m`
    const machine = { netnsPath: `/run/netns/${netns}` }
    const outside = { netnsPath: `/run/netns/${netns}o` }
    const raise = (...args: string[]) => lab.run(machine, [process.execPath, ...process.execArgv.filter((arg) => arg.startsWith('--conditions')), join(import.meta.dirname, 'network-lab/raise.ts'), ...args])
    const plan = planHosts(withNodes(chooseClusterNetwork({ cluster: 'nettest-firewalled', dataDirectory: netns, taken: [] }), ['node-1', 'node-2']))
    try {
      await run('ip', 'netns', 'add', netns)
      await run('ip', 'netns', 'add', `${netns}o`)
      await run('ip', '-n', netns, 'link', 'add', 'eth0', 'type', 'veth', 'peer', 'name', 'eth0', 'netns', `${netns}o`)
      for (const [name, address] of [[netns, '198.18.0.1/24'], [`${netns}o`, '198.18.0.2/24']] as const) {
        await run('ip', '-n', name, 'address', 'add', address, 'dev', 'eth0')
        for (const link of ['lo', 'eth0']) await run('ip', '-n', name, 'link', 'set', link, 'up')
      }
      await lab.run(machine, ['iptables', '-P', 'FORWARD', 'DROP'])
      const firewall = await lab.run(machine, ['iptables', '-S'])
      await raise('raise', JSON.stringify(plan))
      await raise('raise', JSON.stringify(plan))
      assert.ok(await canReach(plan.nodes[0]!.netns, plan.nodes[1]!.address))
      await lab.backend(outside, 'outside', 8080)
      assert.deepEqual(await lab.ask(plan.nodes[0], 'tcp', '198.18.0.2', 8080), ['outside 198.18.0.1'])
      await raise('remove', plan.mark)
      assert.equal(await lab.run(machine, ['iptables', '-S']), firewall)
    } finally {
      await raise('remove', plan.mark)
      for (const name of [netns, `${netns}o`]) await run('ip', 'netns', 'delete', name)
    }
  })
})
