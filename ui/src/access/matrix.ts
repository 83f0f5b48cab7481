import { byFeature } from '../kit/permission'

/** The columns of the matrix (screens.md 4.6). */
export const columns = ['view', 'create', 'change', 'more'] as const
export type Column = (typeof columns)[number]

/** One kind of thing, with its permissions by column. */
export interface MatrixRow {
  readonly feature: string
  readonly cells: Readonly<Record<Column, readonly string[]>>
}

/** Where a permission stands. "Create" of an incident is recording an issue: it makes no thing of the kind, so it stands under More. */
export function columnOf(name: string): Column {
  if (name === 'tickets.create') return 'more'
  const verb = name.slice(name.indexOf('.') + 1)
  if (verb === 'view' || verb === 'create') return verb
  return verb === 'modify' || verb === 'update' ? 'change' : 'more'
}

/** The catalogue as rows, in its own order. */
export function matrixOf(catalogue: readonly string[]): readonly MatrixRow[] {
  return byFeature(catalogue).map(({ feature, names }) => {
    const of = (column: Column) => names.filter((name) => columnOf(name) === column)
    return { feature, cells: { view: of('view'), create: of('create'), change: of('change'), more: of('more') } }
  })
}

/** Why a permission cannot be ticked: the customer does not grant it, or the person does not hold it. */
export type Lock = 'ceiling' | 'own'

interface Limits {
  readonly ceiling: readonly string[]
  readonly grantable: readonly string[]
}

/** The lock of a permission. One that the role has already may stay or go, whoever could give it. */
export function lockOf(name: string, has: readonly string[], { ceiling, grantable }: Limits): Lock | undefined {
  if (has.includes(name)) return undefined
  if (!ceiling.includes(name)) return 'ceiling'
  return grantable.includes(name) ? undefined : 'own'
}

export interface Difference {
  readonly added: readonly string[]
  readonly removed: readonly string[]
}

/** What becomes more and less from one set of permissions to another. */
export function difference(before: readonly string[], after: readonly string[]): Difference {
  return { added: after.filter((name) => !before.includes(name)), removed: before.filter((name) => !after.includes(name)) }
}

/** The permission that a key leads to from another; undefined for other keys and at the edges. */
export function nextIn(rows: readonly MatrixRow[], from: string, key: string): string | undefined {
  const lines = rows.map((row) => columns.flatMap((column) => row.cells[column]))
  const y = lines.findIndex((line) => line.includes(from))
  const line = lines[y]
  if (line === undefined) return undefined
  const x = line.indexOf(from)
  switch (key) {
    case 'ArrowRight':
      return line[x + 1]
    case 'ArrowLeft':
      return line[x - 1]
    case 'Home':
      return line[0]
    case 'End':
      return line.at(-1)
    case 'ArrowDown':
      return besideIn(lines[y + 1], columnOf(from))
    case 'ArrowUp':
      return besideIn(lines[y - 1], columnOf(from))
  }
  return undefined
}

/** The permission of a line in a column, or in the last one before it. */
function besideIn(line: readonly string[] | undefined, column: Column): string | undefined {
  const at = columns.indexOf(column)
  return line?.find((name) => columnOf(name) === column) ?? line?.findLast((name) => columns.indexOf(columnOf(name)) < at) ?? line?.[0]
}
