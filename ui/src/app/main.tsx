import { createDOMRenderer } from '@fluentui/react-components'
import { createRoot } from 'react-dom/client'
import { kept } from '../kit/kept'
import { chooseLanguage, startTexts } from '../text/i18n'
import { App } from './App'
import { markEarly } from './theme'
import { wordsOf } from './words'

/** The nonce of this answer, without which the policy refuses every style. Only the property has it, never the attribute. */
function nonceOf(document: Document): string {
  return document.querySelector<HTMLMetaElement>('meta[property="csp-nonce"]')?.nonce ?? ''
}

const renderer = createDOMRenderer(document, { styleElementAttributes: { nonce: nonceOf(document) } })

async function start(): Promise<void> {
  const root = document.getElementById('root')
  if (!root) throw new Error('index.html has no #root')
  const language = chooseLanguage(kept('language'), navigator.languages)
  await startTexts(language, await wordsOf(language))
  document.documentElement.lang = language
  createRoot(root).render(<App renderer={renderer} />)
}

markEarly()
// Back after a sign-out must not show rows that the browser kept in memory.
addEventListener('pageshow', (event) => {
  if (event.persisted) location.reload()
})
void start()
