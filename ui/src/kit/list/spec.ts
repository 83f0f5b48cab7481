import type { ComponentType, ReactNode } from 'react'
import type { Customer } from '../../api/can'
import type { Page, PageOptions, Scope } from '../../api/query'
import type { Icon } from '../icons'

/** What the address asks of a list; a feature turns it into the parameters of its operation. */
export interface Ask {
  /** The word searched for, or ''. */
  readonly q: string
  /** The chosen tab's value, or '' without tabs. */
  readonly tab: string
  /** The column to sort by, as its `sort` says, with a leading minus for descending. */
  readonly sort: string
  /** The chosen values by filter id; a filter without values is absent. */
  readonly filters: Readonly<Record<string, readonly string[]>>
}

/** One column. `cell` must stay cheap: plain elements, no Fluent component per row. */
export interface Column<Row> {
  readonly id: string
  readonly head: string
  /** The full word, where the head had to be shortened: accessible name and title of the head. */
  readonly name?: string
  /** Pixels; or `flex`: takes what remains, never less than this. */
  readonly width?: number
  readonly flex?: number
  readonly align?: 'end'
  /** Order of hiding when room gets short, 1 first. A column without it never hides. */
  readonly hide?: number
  /** Beside the flexible column the one that stays where hardly anything fits; default the first. */
  readonly last?: boolean
  /** Only under "All customers", as the customer's own column. */
  readonly onlyAll?: boolean
  /** The server's word for sorting by this column; absent: cannot sort. */
  readonly sort?: string
  /** The first click sorts descending. */
  readonly descending?: boolean
  readonly cell: (row: Row) => ReactNode
}

export interface ListTab {
  /** Value in the address; '' is the tab for all. */
  readonly value: string
  readonly label: string
  readonly count?: number
}

export interface FilterOption {
  readonly value: string
  readonly label: string
  readonly glyph?: ReactNode
  readonly count?: number
}

/** A pill over the list. Its values stand in the address under its id. */
export interface Filter {
  readonly id: string
  readonly label: string
  readonly options?: readonly FilterOption[]
  /** Shown only after "+ Filter", or when it has values. */
  readonly extra?: boolean
  /** One value at a time. */
  readonly single?: boolean
  /** The customer filter: absent under one customer. */
  readonly onlyAll?: boolean
  /** Typed instead of chosen: what the field is called. The server says what it finds. */
  readonly text?: string
  /** Beside the choices any range of days, see days.ts. */
  readonly days?: boolean
  /** Chosen when the address says nothing. */
  readonly initial?: readonly string[]
}

/** A command of the bar, the row menu and, by its key, of the keyboard. */
export interface Command<Row> {
  readonly id: string
  readonly label: string
  readonly icon?: Icon
  /** How many rows it works on. 'none' (default): without a selection. */
  readonly needs?: 'none' | 'one' | 'some'
  /** Why it cannot run on these rows now; disables it and says so. */
  readonly disabledReason?: (rows: readonly Row[]) => string | undefined
  readonly run?: (rows: readonly Row[]) => void
  /** A file to download instead of `run` (a link, never a blob); from what the list asks now, where it depends on it. */
  readonly download?: string | ((ask: Ask) => string)
  /** Also in the row menu (needs 'one' or 'some'). */
  readonly inRow?: boolean
  /** One letter that runs it while the list has the focus. */
  readonly shortcut?: string
  /** Starts a new group: a separator before it. */
  readonly group?: boolean
}

export interface KeyHint {
  readonly keys: readonly string[]
  readonly label: string
}

/** What the pane of one row is given. `row` is missing when the item is not among the loaded rows (a shared link). */
export interface DetailsProps<Row> {
  readonly id: string
  readonly row: Row | undefined
}

/** The whole statement of a list page. Make it in a component with useMemo, so that its words follow the language. */
export interface ListSpec<Row, P extends Page<Row> = Page<Row>> {
  /** The feature's word: names what is kept per person. */
  readonly word: string
  readonly title: string
  /** The sentence beside the title; `first` is the first page, undefined while loading. */
  readonly count?: (first: P | undefined, ask: Ask) => string | undefined
  /** Permission without which the sheet says so. Absent: the page checks by itself. */
  readonly permission?: string
  readonly tabs?: readonly ListTab[]
  /** The tab when the address says nothing; default the first. */
  readonly tab?: string
  readonly columns: readonly Column<Row>[]
  /** Sort when neither the address nor the person's last choice says one. */
  readonly sort: string
  readonly filters?: readonly Filter[]
  /** Offers the search word of the top bar (`?q=`). Default true. */
  readonly search?: boolean
  readonly page: (scope: Scope, ask: Ask) => PageOptions<P>
  readonly row: (row: Row) => { readonly id: string; readonly customer?: Customer; readonly label: string }
  /** The heading that a row stands under, such as its day: said where it changes. */
  readonly under?: (row: Row) => string
  /** A tint and weight for rows that are out of the ordinary. */
  readonly quiet?: (row: Row) => boolean
  readonly commands?: readonly Command<Row>[]
  readonly selectable?: boolean
  readonly details?: ComponentType<DetailsProps<Row>>
  readonly paneWidth?: 480 | 520
  /** Rows of 36 px instead of 32. */
  readonly roomy?: boolean
  readonly empty: { readonly icon?: Icon; readonly text: string; readonly action?: ReactNode }
  /** At the right of the title, before the time: for example "1 customer without data". */
  readonly late?: ReactNode
  /** When the data were true; default: when the page was read. RFC 3339. */
  readonly asOf?: (first: P) => string | undefined
  /** At the right of the filter row: a legend, a saved view. */
  readonly aside?: ReactNode
  /** Above the rows: a message bar of the page. */
  readonly notice?: ReactNode
  /** The footer's sentence, given the number of all rows; while that is unknown the kit says "more than 100 rows". */
  readonly footer?: (shown: number, first: P | undefined) => string | undefined
  /** At most three. */
  readonly hints?: readonly KeyHint[]
  readonly footerEnd?: ReactNode
}
