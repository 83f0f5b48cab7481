import { lazy, Suspense, useState } from 'react'
import { useTranslation } from 'react-i18next'
import type { OpenPage } from '../kit/address'
import { Choices } from './Choices'
import { Mark, Wordmark } from './Mark'
import { openPages } from './routes'

/** The page without a session that an address names, if any. */
export function openPage(pathname: string): OpenPage | undefined {
  const first = pathname.split('/')[1]
  return openPages.find((page) => page.path === first)
}

/** The frame of pages that need no session: the name, the page, language and theme. */
export function Open({ page }: { page: OpenPage }) {
  const { t } = useTranslation('app')
  const [Content] = useState(() => lazy(() => page.load().then(({ Page }) => ({ default: Page }))))
  return (
    <div className="outside">
      <header>
        <a href="/" aria-label={t('home')}>
          <Mark />
          <Wordmark />
        </a>
        <Choices />
      </header>
      <Suspense>
        <Content />
      </Suspense>
    </div>
  )
}
