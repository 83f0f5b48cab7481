import { useTranslation } from 'react-i18next'
import type { components } from '../api/schema'
import { Tag, type Tone } from './status'

type Result = components['schemas']['RecordEntry']['result']

/** How a result looks: nothing for what was simply done. */
const tones: Partial<Record<Result, Tone>> = { waits: 'brand', refused: 'warning', denied: 'warning', failed: 'important' }

/** The result of an entry of the record: plain for what was done, a tag for everything else. */
export function EntryResult({ result }: { result: Result }) {
  const { t } = useTranslation('audit')
  const tone = tones[result]
  return tone === undefined ? <span>{t(`result.${result}`)}</span> : <Tag tone={tone}>{t(`result.${result}`)}</Tag>
}
