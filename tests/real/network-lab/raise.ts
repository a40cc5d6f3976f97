// Raises or removes the machines of a cluster from inside whatever network namespace this runs in. Arguments: raise with a plan as JSON, or remove with a mark.
import { raiseHosts, removeHosts, type HostPlan } from '#network'

const [verb, argument = ''] = process.argv.slice(2)
if (verb === 'raise') await raiseHosts(JSON.parse(argument) as HostPlan)
else await removeHosts(argument)
