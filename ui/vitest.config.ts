import react from '@vitejs/plugin-react'
import { defineConfig } from 'vitest/config'
import { markdown } from './markdown.ts'

const plugins = [react(), markdown]
/** Where answers and pages are slow on purpose a test takes as much longer: src/test/e2e/harness.ts. */
const patience = Number(process.env['ROOMWARD_SLOW'] ?? 0) > 0 ? 4 : 1

// Three projects: what runs anywhere, what needs a browser and a running server, and what reads the build.
export default defineConfig({
  test: {
    projects: [
      { plugins, test: { name: 'unit', include: ['src/**/*.test.{ts,tsx}'], exclude: ['src/test/budget.test.ts'], environment: 'node' } },
      {
        test: {
          name: 'e2e',
          include: ['src/test/e2e/**/*.e2e.ts'],
          testTimeout: 180_000 * patience,
          hookTimeout: 60_000 * patience,
          maxWorkers: 2,
          expect: { poll: { timeout: 30_000 * patience } }, // as long as Playwright waits; one second, the default, is not enough for a slow machine
        },
      },
      { test: { name: 'budget', include: ['src/test/budget.test.ts'], testTimeout: 60_000 } },
    ],
  },
})
