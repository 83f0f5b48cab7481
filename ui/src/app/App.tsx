import { FluentProvider, RendererProvider, type createDOMRenderer } from '@fluentui/react-components'
import { QueryClientProvider } from '@tanstack/react-query'
import { useMemo, useState } from 'react'
import { makeQueryClient } from '../api/query'
import { Announcer } from '../kit/announce'
import { Toaster } from '../kit/toast'
import { Boundary } from './RootError'
import { Open, openPage } from './Open'
import { Session } from './session'
import { themeOf, useLook } from './theme'
import { Signed } from './Signed'
import './shell.css'

/** Everything: the look, the cache, who is signed in, and the pages. */
export function App({ renderer }: { renderer: ReturnType<typeof createDOMRenderer> }) {
  const { look, density } = useLook()
  const theme = useMemo(() => themeOf(look, density), [look, density])
  const [client] = useState(makeQueryClient)
  const [open] = useState(() => openPage(location.pathname))
  return (
    <RendererProvider renderer={renderer} targetDocument={document}>
      <FluentProvider theme={theme} className="root">
        <Announcer>
          <Toaster>
            <QueryClientProvider client={client}>
              <Boundary>
                {open ? <Open page={open} /> : <Session>{(me) => <Signed key={me.session} me={me} />}</Session>}
              </Boundary>
            </QueryClientProvider>
          </Toaster>
        </Announcer>
      </FluentProvider>
    </RendererProvider>
  )
}
