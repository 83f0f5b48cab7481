import { FluentProvider, webLightTheme } from '@fluentui/react-components'
import { QueryClientProvider } from '@tanstack/react-query'
import { createMemoryHistory, createRootRoute, createRoute, createRouter, Outlet, RouterProvider } from '@tanstack/react-router'
import { act, type ReactNode } from 'react'
import { createRoot } from 'react-dom/client'
import type { Customer } from '../api/can'
import type { Me } from '../api/me'
import { makeQueryClient } from '../api/query'
import { parseSearch, stringifySearch } from '../kit/address'
import { Announcer } from '../kit/announce'
import { PlaceProvider } from '../kit/scope'
import { Toaster } from '../kit/toast'
import type { Language } from '../text/format'
import { startTexts, type Words } from '../text/i18n'
import en from '../text/common.en.json'
import fr from '../text/common.fr.json'
import { people } from './world'

// React's own switch for tests; without it act() warns.
Object.assign(globalThis, { IS_REACT_ACT_ENVIRONMENT: true })

/** What a test can do with what is on the stage. */
export interface Stage {
  readonly root: HTMLElement
  /** The present address: path and search. */
  readonly address: () => string
  /** Starts to go somewhere; whether it is allowed is for the test to see. */
  readonly go: (address: string) => void
  readonly end: () => Promise<void>
}

interface StageOptions {
  readonly at?: string
  readonly me?: Me
  readonly customer?: Customer
  readonly language?: Language
  /** Words of the feature under test, by namespace. */
  readonly words?: Words
}

/**
 * Shows a component as the application would: router, cache, texts, person and customer. Use it in a file that begins with
 * the comment `@vitest-environment happy-dom`.
 */
export async function stage(content: () => ReactNode, options: StageOptions = {}): Promise<Stage> {
  const language = options.language ?? 'en'
  await startTexts(language, { common: language === 'fr' ? fr : en, ...options.words })
  giveSizes()
  skipMotion()
  const client = makeQueryClient()
  client.setDefaultOptions({ queries: { retry: false } })
  const me = options.me ?? people.primaryAdmin
  const rootRoute = createRootRoute({
    component: () => (
      <PlaceProvider me={me} customer={options.customer ?? 'all'}>
        <Outlet />
      </PlaceProvider>
    ),
  })
  const page = createRoute({ getParentRoute: () => rootRoute, path: '$', component: () => <>{content()}</> })
  const history = createMemoryHistory({ initialEntries: [options.at ?? '/page'] })
  const router = createRouter({ routeTree: rootRoute.addChildren([page]), history, parseSearch, stringifySearch })
  const root = document.createElement('div')
  document.body.append(root)
  const react = createRoot(root)
  await act(async () => {
    react.render(
      <FluentProvider theme={webLightTheme}>
        <QueryClientProvider client={client}>
          <Announcer>
            <Toaster>
              <RouterProvider router={router as never} />
            </Toaster>
          </Announcer>
        </QueryClientProvider>
      </FluentProvider>,
    )
    await router.load()
  })
  return {
    root,
    address: () => history.location.href,
    go: (address) => void router.navigate({ href: address }),
    end: async () => {
      await act(async () => react.unmount())
      client.clear()
      root.remove()
    },
  }
}

/** happy-dom lays nothing out: a window of 1200 by 640 for what is measured. */
function giveSizes(): void {
  const sizes = { offsetWidth: 1200, offsetHeight: 640, clientWidth: 1200, clientHeight: 640 }
  for (const [name, value] of Object.entries(sizes)) {
    Object.defineProperty(HTMLElement.prototype, name, { configurable: true, get: () => value })
  }
}

/** Animations end at once: happy-dom's reject when Fluent takes them back, which no browser does without a listener. */
function skipMotion(): void {
  const ended = {
    playState: 'finished',
    persist: () => undefined,
    cancel: () => undefined,
    finish: () => undefined,
    play: () => undefined,
    set onfinish(tell: () => void) {
      queueMicrotask(tell)
    },
  }
  HTMLElement.prototype.animate = () => ended as unknown as Animation
}

/** Waits until something is so; throws its last error after five seconds (the machine may be busy). */
export async function until<T>(check: () => T): Promise<T> {
  const end = Date.now() + 5_000
  for (;;) {
    try {
      return check()
    } catch (error) {
      if (Date.now() > end) throw error
      await act(() => new Promise((resolve) => setTimeout(resolve, 10)))
    }
  }
}

/** The first element of a selector; throws when there is none. */
export function find(selector: string, within: ParentNode = document): HTMLElement {
  const found = within.querySelector<HTMLElement>(selector)
  if (!found) throw new Error(`nothing matches ${selector} in: ${document.body.textContent}`)
  return found
}

/** The first button, link or tab with these words or this name. */
export function button(name: string | RegExp, within: ParentNode = document): HTMLElement {
  const matches = (text: string) => (typeof name === 'string' ? text === name : name.test(text))
  const all = [...within.querySelectorAll<HTMLElement>('button, a, [role=tab], [role=menuitem]')]
  const found = all.find((el) => matches(el.getAttribute('aria-label') ?? el.textContent.trim()))
  if (!found) throw new Error(`no button ${name} among: ${all.map((el) => el.getAttribute('aria-label') ?? el.textContent).join(' | ')}`)
  return found
}

/** Puts the focus somewhere. */
export async function focus(target: HTMLElement): Promise<void> {
  await act(async () => target.focus())
}

/** Clicks as a mouse does. */
export async function click(target: HTMLElement): Promise<void> {
  await act(async () => target.click())
}

/** Presses a key where the focus is, or on the element given. */
export async function press(key: string, more: KeyboardEventInit = {}, on: Element = document.activeElement ?? document.body): Promise<KeyboardEvent> {
  const event = new KeyboardEvent('keydown', { key, bubbles: true, cancelable: true, ...more })
  await act(async () => {
    on.dispatchEvent(event)
  })
  return event
}

/** Types into a field as a person does: React hears of it. */
export async function type(field: HTMLElement, text: string): Promise<void> {
  const kind = field instanceof HTMLTextAreaElement ? HTMLTextAreaElement : HTMLInputElement
  const set = Object.getOwnPropertyDescriptor(kind.prototype, 'value')?.set
  await act(async () => {
    field.focus()
    set?.call(field, text)
    field.dispatchEvent(new Event('input', { bubbles: true }))
  })
}
