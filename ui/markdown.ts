import { marked, type Token, type Tokens } from 'marked'
import type { Plugin } from 'vite'
import type { Block, Inline, Page, Section } from './src/help/page'

/**
 * Turns the help's Markdown into plain data when the product is built: nothing reads Markdown, or HTML, in the browser. What the pages may not
 * have (HTML, pictures, foreign links by accident) stops the build.
 */
export const markdown: Plugin = {
  name: 'help-markdown',
  transform(text, id) {
    if (!id.endsWith('.md')) return null
    return { code: `export const page = ${JSON.stringify(pageOf(text, id))}`, map: null }
  },
}

/** A page: its title is the one heading of the first level, sections begin at those of the second. */
export function pageOf(text: string, name = 'a page'): Page {
  const sections: Section[] = []
  let title = ''
  let blocks: Block[] = []
  let section: { id: string; heading: string } = { id: '', heading: '' }
  const close = () => {
    if (blocks.length > 0 || section.heading !== '') sections.push({ ...section, blocks })
    blocks = []
  }
  for (const token of marked.lexer(text)) {
    if (token.type === 'heading' && token.depth === 1) {
      if (title !== '') throw new Error(`${name} has two titles`)
      title = plain((token as Tokens.Heading).tokens, name)
    } else if (token.type === 'heading' && token.depth === 2) {
      close()
      const heading = plain((token as Tokens.Heading).tokens, name)
      section = { id: idOf(heading), heading }
    } else {
      const block = blockOf(token, name)
      if (block) blocks.push(block)
    }
  }
  close()
  if (title === '') throw new Error(`${name} has no title`)
  return { title, sections }
}

/** "Le partenaire n'est plus là" → le-partenaire-n-est-plus-la */
function idOf(heading: string): string {
  return heading.normalize('NFD').replace(/\p{M}/gu, '').toLowerCase().replace(/[^a-z0-9]+/g, '-').replace(/^-|-$/g, '')
}

function blockOf(token: Token, name: string): Block | undefined {
  switch (token.type) {
    case 'space':
      return undefined
    case 'paragraph':
      return { kind: 'text', text: inlines((token as Tokens.Paragraph).tokens, name) }
    case 'code':
      return { kind: 'code', code: (token as Tokens.Code).text }
    case 'list': {
      const list = token as Tokens.List
      return { kind: list.ordered ? 'steps' : 'list', items: list.items.map((item) => itemOf(item, name)) }
    }
    case 'table': {
      const table = token as Tokens.Table
      const cells = (row: Tokens.TableCell[]) => row.map((cell) => inlines(cell.tokens, name))
      return { kind: 'table', head: cells(table.header), rows: table.rows.map(cells) }
    }
    default:
      throw new Error(`${name}: a help page has no ${token.type}`)
  }
}

function itemOf(item: Tokens.ListItem, name: string): readonly Inline[] {
  return item.tokens.flatMap((token) => {
    if (token.type !== 'text' && token.type !== 'paragraph') throw new Error(`${name}: an item of a list holds text only, no ${token.type}`)
    return inlines((token as Tokens.Text).tokens ?? [], name)
  })
}

function inlines(tokens: readonly Token[], name: string): readonly Inline[] {
  return tokens.map((token): Inline => {
    switch (token.type) {
      case 'text':
      case 'escape':
        return { kind: 'plain', text: (token as Tokens.Text).text.replace(/\n/g, ' ') }
      case 'codespan':
        return { kind: 'code', text: (token as Tokens.Codespan).text }
      case 'strong':
        return { kind: 'strong', text: plain((token as Tokens.Strong).tokens, name) }
      case 'em':
        return { kind: 'em', text: plain((token as Tokens.Em).tokens, name) }
      case 'link': {
        const link = token as Tokens.Link
        if (!/^(\/|#|[a-z-]+(#|$))/.test(link.href)) throw new Error(`${name}: ${link.href} is no page of ours`)
        return { kind: 'link', to: link.href, text: plain(link.tokens, name) }
      }
      default:
        throw new Error(`${name}: a help page has no ${token.type}`)
    }
  })
}

function plain(tokens: readonly Token[], name: string): string {
  return inlines(tokens, name).map((inline) => inline.text).join('')
}
