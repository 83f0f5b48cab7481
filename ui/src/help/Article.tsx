import { Fragment } from 'react'
import type { Block, Inline, Page } from './page'
import { addressOf } from './spot'

/** One topic. */
export function Article({ page }: { page: Page }) {
  return (
    <article>
      <h1 tabIndex={-1}>{page.title}</h1>
      {page.sections.map(({ id, heading, blocks }) => (
        <section key={id}>
          {heading !== '' && (
            <h2 id={id} tabIndex={-1}>
              {heading}
            </h2>
          )}
          {blocks.map((block, i) => (
            <BlockText key={i} block={block} />
          ))}
        </section>
      ))}
    </article>
  )
}

function BlockText({ block }: { block: Block }) {
  switch (block.kind) {
    case 'text':
      return (
        <p>
          <InlineText text={block.text} />
        </p>
      )
    case 'code':
      return (
        // Long lines are scrolled, by keyboard too.
        <pre tabIndex={0}>
          <code translate="no">{block.code}</code>
        </pre>
      )
    case 'table':
      return (
        <div className="scroll" tabIndex={0}>
          <table>
            <thead>
              <tr>
                {block.head.map((cell, i) => (
                  <th key={i} scope="col">
                    <InlineText text={cell} />
                  </th>
                ))}
              </tr>
            </thead>
            <tbody>
              {block.rows.map((row, i) => (
                <tr key={i}>
                  {row.map((cell, j) => (
                    <td key={j}>
                      <InlineText text={cell} />
                    </td>
                  ))}
                </tr>
              ))}
            </tbody>
          </table>
        </div>
      )
    default: {
      const items = block.items.map((item, i) => (
        <li key={i}>
          <InlineText text={item} />
        </li>
      ))
      return block.kind === 'steps' ? <ol>{items}</ol> : <ul>{items}</ul>
    }
  }
}

function InlineText({ text }: { text: readonly Inline[] }) {
  return text.map((inline, i) => <Fragment key={i}>{inlineOf(inline)}</Fragment>)
}

function inlineOf(inline: Inline) {
  switch (inline.kind) {
    case 'code':
      return <code translate="no">{inline.text}</code>
    case 'strong':
      return <strong>{inline.text}</strong>
    case 'em':
      return <em>{inline.text}</em>
    case 'link':
      return <a href={/^[/#]/.test(inline.to) ? inline.to : addressOf(inline.to)}>{inline.text}</a>
    default:
      return inline.text
  }
}
