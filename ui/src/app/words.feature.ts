import type common from '../text/common.en.json'
import type app from './text.en.json'

/** Texts by the folder they stand in, which is the feature's word and the namespace. */
export function byFeature(files: Record<string, object>): Record<string, object> {
  const found: Record<string, object> = {}
  for (const [path, texts] of Object.entries(files)) {
    const word = /\/([a-z-]+)\/text\./.exec(path)?.[1]
    if (word !== undefined) found[word] = texts
  }
  return found
}

declare global {
  /** The words of each namespace. A feature adds its own line, in its routes.ts. */
  interface FeatureWords {
    common: typeof common
    app: typeof app
  }
}

declare module 'i18next' {
  interface CustomTypeOptions {
    defaultNS: 'common'
    resources: FeatureWords
    strictKeyChecks: true
    enableSelector: false
  }
}
