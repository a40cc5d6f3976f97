// All functions that expressions know, put together once.
import { declareFunctions } from '../functions.ts'
import { authorization } from './authorization.ts'
import { lists } from './lists.ts'
import { operators } from './operators.ts'
import { optionals } from './optionals.ts'
import { quantities } from './quantities.ts'
import { regularExpressions } from './regular-expressions.ts'
import { sets } from './sets.ts'
import { standard } from './standard.ts'
import { strings } from './strings.ts'

export const functions = declareFunctions(operators, standard, optionals, strings, lists, sets, regularExpressions, quantities, authorization)
