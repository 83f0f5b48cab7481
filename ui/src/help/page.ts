/** A help page as the build makes it of Markdown: text in its parts, nothing that a browser would have to trust. */
export interface Page {
  readonly title: string
  readonly sections: readonly Section[]
}

/** What stands below one heading; the first of a page has none. */
export interface Section {
  /** The end of its address. */
  readonly id: string
  readonly heading: string
  readonly blocks: readonly Block[]
}

export type Block =
  | { readonly kind: 'text'; readonly text: readonly Inline[] }
  | { readonly kind: 'code'; readonly code: string }
  | { readonly kind: 'list' | 'steps'; readonly items: readonly (readonly Inline[])[] }
  | { readonly kind: 'table'; readonly head: readonly (readonly Inline[])[]; readonly rows: readonly (readonly (readonly Inline[])[])[] }

export type Inline =
  | { readonly kind: 'plain' | 'code' | 'strong' | 'em'; readonly text: string }
  /** To another topic ("backup", "backup#restore"), to a page of the product ("/customers"), or on the same page ("#restore"). */
  | { readonly kind: 'link'; readonly to: string; readonly text: string }

const said = (text: readonly Inline[]) => text.map((inline) => inline.text).join('')

/** All words of a block, for searching. */
function wordsOf(block: Block): string {
  switch (block.kind) {
    case 'text':
      return said(block.text)
    case 'code':
      return block.code
    case 'table':
      return [block.head, ...block.rows].flat().map(said).join(' · ')
    default:
      return block.items.map(said).join(' · ')
  }
}

/** All words of a section, without its heading. */
export function textOf(section: Section): string {
  return section.blocks.map(wordsOf).join(' ')
}
