import { useEffect, useMemo, useRef, useState, type ReactNode } from 'react'
import { useTranslation } from 'react-i18next'
import { useTitle } from '../kit/announce'
import { Empty } from '../kit/Empty'
import { IconSearch } from '../kit/icons'
import type { Language } from '../text/format'
import { Article } from './Article'
import { find } from './find'
import './help.css'
import type { Page as Text } from './page'
import { groups, pagesOf, topics, type Topic } from './topics'
import { addressOf, useSpot } from './spot'

type Pages = Readonly<Record<Topic, Text>>

/** The help: contents, search, and the topic that the address names. It needs no session and no network. */
export function Page() {
  const { i18n } = useTranslation('help')
  const language = i18n.language as Language
  const [come, setCome] = useState<{ readonly language: Language; readonly pages: Pages }>()
  useEffect(() => {
    let wanted = true
    void pagesOf(language).then((pages) => {
      if (wanted) setCome({ language, pages })
    })
    return () => {
      wanted = false
    }
  }, [language])
  return come ? <Help pages={come.pages} /> : null
}

/** The help with its pages at hand. */
export function Help({ pages }: { pages: Pages }) {
  const { t } = useTranslation('help')
  const [spot, go] = useSpot()
  const topic = topics.find((known) => known === spot.topic)
  const page = topic && pages[topic]
  useTitle(spot.asked !== '' ? t('found') : page?.title, t('title'))
  const body = useRef<HTMLElement>(null)
  useEffect(() => {
    if (spot.asked !== '') return
    const goal = spot.section === '' ? body.current?.querySelector('h1') : document.getElementById(spot.section)
    if (spot.section === '') body.current?.scrollTo({ top: 0 })
    else goal?.scrollIntoView()
    if (spot.moved) (goal as HTMLElement | null | undefined)?.focus({ preventScroll: true })
  }, [spot, pages])

  return (
    <div className="help">
      <div className="side">
        <div role="search">
          <label className="input">
            <IconSearch className="i" aria-hidden />
            <input
              type="search"
              aria-label={t('search')}
              placeholder={t('search')}
              value={spot.asked}
              maxLength={100}
              onChange={(event) => go({ ...spot, asked: event.target.value }, 'replace')}
            />
          </label>
        </div>
        <nav aria-label={t('contents')}>
          {groups.map(([group, of]) => (
            <section key={group}>
              <h2>{t(`group.${group}`)}</h2>
              <ul>
                {of.map((one) => (
                  <li key={one}>
                    <a href={addressOf(one)} aria-current={one === topic && spot.asked === '' ? 'page' : undefined}>
                      {pages[one].title}
                    </a>
                  </li>
                ))}
              </ul>
            </section>
          ))}
        </nav>
      </div>
      <main ref={body} tabIndex={-1}>
        {content()}
      </main>
    </div>
  )

  function content(): ReactNode {
    if (spot.asked.trim() !== '') return <Found pages={pages} asked={spot.asked} />
    if (page) return <Article page={page} />
    return <Empty icon={IconSearch}>{t('noTopic')}</Empty>
  }
}

function Found({ pages, asked }: { pages: Pages; asked: string }) {
  const { t } = useTranslation('help')
  const hits = useMemo(() => find(pages, asked), [pages, asked])
  return (
    <article>
      <h1>{t('found')}</h1>
      <p className="mut" role="status">
        {hits.length === 0 ? t('none', { asked: asked.trim() }) : t('hits', { count: hits.length })}
      </p>
      <ul className="hits">
        {hits.map(({ topic, title, id, heading, extract }) => (
          <li key={`${topic}#${id}`}>
            <a href={addressOf(topic, id)}>{heading === '' ? title : `${title}: ${heading}`}</a>
            <p className="sec">{extract}</p>
          </li>
        ))}
      </ul>
    </article>
  )
}
