import react from '@vitejs/plugin-react'
import { defineConfig, type Plugin } from 'vite'
import { markdown } from './markdown.ts'

/**
 * Nothing is drawn before the entry script ran: it puts the kept theme on the document, so that no light page flashes in
 * the dark. An inline script could do it too, but the policy allows none.
 */
const drawAfterEntry: Plugin = {
  name: 'draw-after-entry',
  transformIndexHtml: {
    order: 'post',
    handler: (html) => html.replace('<script type="module"', '<script type="module" blocking="render"'),
  },
}

// The build must give the same bytes everywhere: nothing here may depend on the clock, the machine or the folder.
export default defineConfig({
  plugins: [react(), drawAfterEntry, markdown],
  build: {
    outDir: 'dist',
    emptyOutDir: true,
    assetsDir: 'assets',
    assetsInlineLimit: 0, // the policy refuses data: for all but images
    sourcemap: false,
    manifest: false,
    modulePreload: { polyfill: false },
    reportCompressedSize: false,
    chunkSizeWarningLimit: 1200,
  },
  // `npm run dev` beside a running server: ROOMWARD_URL says where it listens.
  server: {
    proxy: Object.fromEntries(
      ['/api', '/signin', '/signout', '/consent'].map((path) => [path, process.env['ROOMWARD_URL'] ?? 'http://127.0.0.1:8080']),
    ),
  },
})
