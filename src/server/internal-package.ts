/** The reference's name of a group's package, which some of its errors and spans show. */
export const internalPackage = (group: string): string => (group === '' ? 'core' : group.split('.', 1)[0]!)
