declare module '*.md' {
  import type { Page } from './page'

  /** The page that the build made of the file: markdown.ts. */
  export const page: Page
}
