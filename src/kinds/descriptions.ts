// What types and fields say of themselves in OpenAPI documents and `kubectl explain`. descriptions.json has the texts by GROUP.Type, for all
// versions of the group, with the type's own under ''; '*' has what a field of that name means where its type says nothing else. The texts
// stand apart from the schemas because only readers of the documents need them, and there are two thousand.
import { standardMetadata } from '#machinery'
import recorded from './descriptions.json' with { type: 'json' }

type Texts = Readonly<Record<string, string | undefined>>
const texts: Readonly<Record<string, Texts | undefined>> = recorded
const everywhere: Texts = recorded['*']

/** GROUP.Type of the full name of a type: io.k8s.api.apps.v1.Deployment is apps.Deployment. */
export const describedType = (name: string): string => name.split('.').toSpliced(-2, 1).slice(-2).join('.')

/** The description of a type by its full name. */
export const typeDescription = (name: string): string | undefined => texts[describedType(name)]?.['']

/** The description of a field of a type. */
export const fieldDescription = (name: string, field: string): string | undefined => texts[describedType(name)]?.[field] ?? (field === 'metadata' ? standardMetadata : everywhere[field])
