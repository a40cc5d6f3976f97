// All functions that expressions know, put together once. Keys of JSON patches are escaped only where patches are made.
import { declareFunctions } from '../functions.ts'
import { authorization } from './authorization.ts'
import { jsonPatch } from './json-patch.ts'
import { lists } from './lists.ts'
import { moreLists } from './more-lists.ts'
import { namedFormats } from './named-formats.ts'
import { network } from './network.ts'
import { operators } from './operators.ts'
import { optionals } from './optionals.ts'
import { quantities } from './quantities.ts'
import { regularExpressions } from './regular-expressions.ts'
import { semanticVersions } from './semantic-versions.ts'
import { sets } from './sets.ts'
import { standard } from './standard.ts'
import { strings } from './strings.ts'
import { times } from './times.ts'
import { urls } from './urls.ts'

const always = [operators, standard, times, optionals, strings, lists, moreLists, sets, regularExpressions, quantities, urls, network, namedFormats, semanticVersions, authorization]
export const functions = declareFunctions(...always)
export const patchFunctions = declareFunctions(...always, jsonPatch)
