import { useTranslation } from 'react-i18next'
import { SmallTable } from '../kit/details/SmallTable'
import { Loaded } from '../kit/Failure'
import { PlainDialog } from '../kit/form/Dialog'
import { IconExport } from '../kit/icons'
import { When } from '../kit/When'
import { useFormat } from '../text/i18n'
import { useCheckpoints, type CheckpointLine } from './queries'
import './audit.css'

/** The signed heads of the record: what they are for, the last ones, and the file to keep. */
export function Checkpoints({ onClose }: { onClose: () => void }) {
  const { t } = useTranslation('audit')
  const format = useFormat()
  const query = useCheckpoints(true)
  return (
    <PlainDialog
      open
      big
      title={t('points.title')}
      onClose={onClose}
      actions={
        <>
          <a className="btn p" href="/api/partnership/audit/checkpoints" download="checkpoints.json">
            <IconExport className="i" aria-hidden />
            {t('points.download')}
          </a>
          <a className="btn" href="/api/partnership/audit/sealed.jsonl" download>
            <IconExport className="i" aria-hidden />
            {t('points.sealed')}
          </a>
        </>
      }
    >
      <p>{t('points.what')}</p>
      <p className="sec">{t('points.how')}</p>
      <Loaded query={query} lines={5}>
        {(file) => (
          <SmallTable<CheckpointLine>
            caption={t('points.title')}
            rows={file.checkpoints.slice(0, 10)}
            keyOf={(point) => String(point.seq)}
            empty={t('points.empty')}
            columns={[
              { id: 'at', head: t('points.at'), weight: 2, cell: (point) => <When at={point.at} as="moment" /> },
              { id: 'seq', head: t('points.entry'), weight: 1, align: 'end', cell: (point) => format.number(point.seq) },
              { id: 'hash', head: t('points.hash'), weight: 6, cell: (point) => <span className="mono hash">{point.hash}</span> },
            ]}
          />
        )}
      </Loaded>
    </PlainDialog>
  )
}
