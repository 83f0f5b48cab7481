import {
  createBrowserHistory,
  createRootRouteWithContext,
  createRoute,
  createRouter,
  lazyRouteComponent,
  redirect,
  type AnyRoute,
} from '@tanstack/react-router'
import type { Me } from '../api/me'
import { parseSearch, stringifySearch, type PageRoute } from '../kit/address'
import { firstPage } from './nav'
import { NotFound } from './NotFound'
import { PageError } from './RootError'
import { Shell } from './Shell'

interface Context {
  readonly me: Me
  readonly pages: readonly PageRoute[]
}

const root = createRootRouteWithContext<Context>()({ component: Shell, notFoundComponent: NotFound })

const index = createRoute({
  getParentRoute: () => root,
  path: '/',
  beforeLoad: ({ context }) => {
    const first = firstPage(context.me, context.pages)
    if (first !== undefined) throw redirect({ to: first, replace: true })
  },
  component: NotFound,
})

// Where finished sign-outs and refused sign-ins come to; who is signed in has nothing to do there.
const welcome = createRoute({
  getParentRoute: () => root,
  path: '/welcome',
  beforeLoad: () => {
    throw redirect({ to: '/', replace: true })
  },
})

/** The routes of one page: below the root, and below a customer where the page exists there. Its code comes when it is shown. */
function routesOf({ path, spans, load }: PageRoute): AnyRoute[] {
  const component = lazyRouteComponent(load, 'Page')
  const paths = spans ? [`/${path}`, `/c/$customer/${path}`] : [`/${path}`]
  return paths.map((whole) => createRoute({ getParentRoute: () => root, path: whole, component }))
}

/** The router of a person: only the pages of their side exist. The other side's are not there, as any unknown address. */
export function makeRouter(me: Me, all: readonly PageRoute[], history = createBrowserHistory()) {
  const pages = all.filter((page) => page.side === me.side)
  return createRouter({
    routeTree: root.addChildren([index, welcome, ...pages.flatMap(routesOf)]),
    history,
    context: { me, pages },
    parseSearch,
    stringifySearch,
    // Code only: no route has a loader, so hovering over a link reads nothing of a customer.
    defaultPreload: 'intent',
    defaultErrorComponent: PageError,
    defaultNotFoundComponent: NotFound,
    scrollRestoration: false,
  })
}
