// @vitest-environment happy-dom
import { act, useState } from 'react'
import { afterEach, describe, expect, test, vi } from 'vitest'
import { ApiError, Waits, type PendingRequest } from '../../api/client'
import { button, click, find, press, stage, type, until, type Stage } from '../../test/stage'
import { ConfirmDialog, FormDialog } from './Dialog'
import { CheckField, ChoiceField, NumberField, TextField } from './fields'
import { PeoplePicker, type Person } from './PeoplePicker'
import type { Step } from './spec'
import { reasonsOf, useForm } from './useForm'
import { ReviewPart, Wizard } from './Wizard'

vi.setConfig({ testTimeout: 30_000 }) // the machine may be busy
let shown: Stage | undefined
afterEach(async () => {
  await shown?.end()
  shown = undefined
})

interface Values {
  readonly name: string
  readonly days: number | undefined
  readonly scope: 'all' | 'some'
  readonly agreed: boolean
}
/** What a change answers that the customer approves first. */
const waiting: PendingRequest = { id: 'r1', customerId: 'c1', event: 'role', expiresAt: '2026-12-13T08:00:00Z' }
const initial: Values = { name: '', days: 10, scope: 'all', agreed: false }

function Sample({ send, done }: { send: (v: Values) => Promise<unknown>; done?: () => void }) {
  const form = useForm<Values>({
    initial,
    check: (v) => (v.name === '' ? { name: 'A name is needed.' } : {}),
    send,
    done,
    fieldOf: (location) => (location === 'body.expiresInDays' ? 'days' : undefined),
  })
  return (
    <FormDialog open title="Ask" submit="Send" form={form} onClose={() => undefined}>
      <TextField {...form.field('name')} label="Name" required hint="As people know it" />
      <NumberField {...form.field('days')} label="Days" min={1} max={30} />
      <ChoiceField {...form.field('scope')} label="Scope" options={[{ value: 'all', label: 'All' }, { value: 'some', label: 'Some' }]} />
      <CheckField {...form.field('agreed')} label="I agree" />
      <output>{JSON.stringify(form.values)}</output>
      <i data-dirty={form.dirty} />
    </FormDialog>
  )
}

const input = (label: string) => {
  const found = [...document.querySelectorAll('label')].find((l) => l.textContent.startsWith(label))
  if (!found) throw new Error(`no field ${label}`)
  return found.htmlFor === '' ? find('input', found) : find(`[id="${found.htmlFor}"]`)
}
const submit = () => act(async () => find('form').dispatchEvent(new SubmitEvent('submit', { bubbles: true, cancelable: true })))
const reasonAt = (label: string) => {
  const ids = input(label).getAttribute('aria-describedby')?.split(' ') ?? []
  return ids.map((id) => find(`[id="${id}"]`)).filter((el) => el.className === 'reason').map((el) => el.textContent).join()
}

describe('form', () => {
  test('what is missing stands at the field, is tied to it, takes the focus, and nothing is sent', async () => {
    let sent = 0
    shown = await stage(() => <Sample send={async () => { sent += 1 }} />)
    await submit()
    expect(sent).toBe(0)
    expect(reasonAt('Name')).toBe('A name is needed.')
    expect(input('Name').getAttribute('aria-invalid')).toBe('true')
    expect(document.activeElement).toBe(input('Name'))
    await type(input('Name'), 'Help desk')
    expect(reasonAt('Name')).toBe('')
    expect(input('Name').getAttribute('aria-invalid')).toBeNull()
  })

  test('values reach what sends them', async () => {
    const sent: Values[] = []
    let done = 0
    shown = await stage(() => <Sample send={async (v) => sent.push(v)} done={() => { done += 1 }} />)
    expect(find('[data-dirty]').getAttribute('data-dirty')).toBe('false')
    await type(input('Name'), 'Help desk')
    await type(input('Days'), '')
    await click(input('Some'))
    await click(input('I agree'))
    expect(find('[data-dirty]').getAttribute('data-dirty')).toBe('true')
    await submit()
    expect(sent).toEqual([{ name: 'Help desk', days: undefined, scope: 'some', agreed: true }])
    expect(done).toBe(1)
    expect(find('[data-dirty]').getAttribute('data-dirty')).toBe('false')
  })

  test('what the server refuses stands at its field; what no field shows stands above', async () => {
    let problem = new ApiError(422, { code: 'invalid', errors: [{ location: 'body.name', message: 'is taken' }, { location: 'body.expiresInDays', message: 'at most 30' }] })
    shown = await stage(() => <Sample send={async () => { throw problem }} />)
    await type(input('Name'), 'Help desk')
    await submit()
    expect(reasonAt('Name')).toBe('is taken')
    expect(reasonAt('Days')).toBe('at most 30')
    expect(document.querySelector('.note')).toBeNull()
    problem = new ApiError(422, { code: 'invalid', errors: [{ location: 'header.If-Match', message: 'is missing' }] })
    await submit()
    expect(reasonAt('Name')).toBe('')
    expect(find('.note').textContent).toContain('A field of the request is wrong.')
    problem = new ApiError(409, { code: 'role-name-taken' })
    await submit()
    expect(find('.note').textContent).toContain('There is a role of this name already.')
  })

  test('a second Enter does not send twice', async () => {
    let sent = 0
    let answer: () => void = () => undefined
    shown = await stage(() => <Sample send={() => { sent += 1; return new Promise<void>((resolve) => { answer = resolve }) }} />)
    await type(input('Name'), 'x')
    await submit()
    await submit()
    expect(sent).toBe(1)
    expect(button('Send').getAttribute('aria-busy')).toBe('true')
    await act(async () => answer())
    expect(button('Send').getAttribute('aria-busy')).toBeNull()
  })

  test('the button outside of the form sends it, and a refusal keeps the dialog', async () => {
    shown = await stage(() => <Sample send={async () => { throw new ApiError(503, { code: 'unavailable' }) }} />)
    await until(() => find('[role=dialog]'))
    expect(button('Send').getAttribute('form')).toBe(find('form').id)
    await type(input('Name'), 'x')
    await submit()
    expect(find('[role=dialog]').textContent).toContain('Roomward cannot answer just now.')
  })

  test('what waits for the customer was sent: the form goes, so that Enter cannot ask again, and Close has the focus', async () => {
    let sent = 0
    shown = await stage(() => <Sample send={async () => { sent += 1; throw new Waits(waiting) }} />)
    await until(() => find('[role=dialog]'))
    await type(input('Name'), 'x')
    await submit()
    expect(sent).toBe(1)
    expect(find('[role=dialog]').textContent).toContain('Waits for the customer’s approval')
    expect(document.querySelector('form')).toBeNull()
    expect([...document.querySelectorAll('[role=dialog] [type=submit]')]).toEqual([])
    await until(() => expect(document.activeElement?.textContent).toBe('Close'))
  })

  test.each([
    ['body.name', { name: 'm' }, false],
    ['body.scope.groups[3].id', { scope: 'm' }, false],
    ['body', {}, true],
    ['query.limit', {}, true],
  ])('location %s', (location, reasons, rest) => {
    const error = new ApiError(422, { errors: [{ location, message: 'm' }] })
    expect(reasonsOf(error, { name: '', scope: '' })).toEqual({ reasons, rest })
  })
})

describe('confirm', () => {
  function Ask({ run }: { run: () => Promise<unknown> }) {
    const [open, setOpen] = useState(true)
    return (
      <ConfirmDialog open={open} title="Remove Northwind?" action="Remove" danger typed="northwind.example" run={run} onClose={() => setOpen(false)}>
        Access ends at once.
      </ConfirmDialog>
    )
  }

  test('needs the typed name, starts at Cancel, keeps a failure, closes when done', async () => {
    let ran = 0
    let fails = true
    const run = async () => {
      ran += 1
      if (fails) throw new ApiError(409, { code: 'conflict' })
    }
    shown = await stage(() => <Ask run={run} />)
    await until(() => find('[role=alertdialog]'))
    await until(() => expect(document.activeElement?.textContent).toBe('Cancel'))
    await click(button('Remove'))
    expect(ran).toBe(0)
    expect(button('Remove').title).toBe('Type northwind.example to confirm.')
    await type(find('[role=alertdialog] input'), 'northwind.example')
    await click(button('Remove'))
    expect(ran).toBe(1)
    expect(find('[role=alertdialog]').textContent).toContain('The present state does not allow this.')
    fails = false
    await click(button('Remove'))
    await until(() => expect(document.querySelector('[role=alertdialog]')).toBeNull())
    expect(ran).toBe(2)
  })
})

describe('wizard', () => {
  function Sample({ send, check = async () => true }: { send: () => Promise<unknown>; check?: () => Promise<boolean> }) {
    const [domain, setDomain] = useState('')
    const [done, setDone] = useState(false)
    const steps: Step[] = [
      {
        id: 'partner',
        label: 'Partner',
        summary: domain,
        problems: domain === '' ? ['A domain is needed.'] : [],
        leave: check,
        content: () => <input aria-label="Domain" value={domain} onChange={(e) => setDomain(e.target.value)} />,
      },
      { id: 'rooms', label: 'Rooms', content: () => <p>which rooms</p> },
      {
        id: 'review',
        label: 'Review',
        content: () => (
          <ReviewPart title="Partner" step="partner">
            {domain}
          </ReviewPart>
        ),
      },
    ]
    return done ? <p>sent</p> : <Wizard title="Invite" steps={steps} submit="Send" send={send} onDone={() => setDone(true)} onCancel={() => undefined} dirty={domain !== ''} />
  }
  const here = () => find('[aria-current=step]').textContent
  const content = () => find('.wcol').textContent

  test('problems keep it at the step, and are said only after Next', async () => {
    shown = await stage(() => <Sample send={async () => undefined} />)
    expect(document.querySelector('[role=alert]')).toBeNull()
    await click(button('Next'))
    expect(here()).toContain('Partner')
    expect(find('[role=alert]').textContent).toContain('A domain is needed.')
    await click(button(/Review/))
    expect(here()).toContain('Partner')
    await type(find('[aria-label=Domain]'), 'litware.example')
    expect(document.querySelector('[role=alert]')).toBeNull()
    await click(button('Next'))
    expect(here()).toContain('Rooms')
    expect(document.activeElement?.textContent).toBe('Step 2 of 3: Rooms')
    expect(find('.wsteps').textContent).toContain('litware.example')
  })

  test('a check of the server keeps it too', async () => {
    let good = false
    shown = await stage(() => <Sample send={async () => undefined} check={async () => good} />)
    await type(find('[aria-label=Domain]'), 'x')
    await click(button('Next'))
    expect(here()).toContain('Partner')
    good = true
    await click(button('Next'))
    expect(here()).toContain('Rooms')
  })

  test('Edit of the review comes back to it; a refusal stays at the review; then it is done', async () => {
    let fails = true
    const send = async () => {
      if (fails) throw new ApiError(409, { code: 'invitation-pending' })
    }
    shown = await stage(() => <Sample send={send} />)
    await type(find('[aria-label=Domain]'), 'x')
    await click(button('Next'))
    await click(button('Next'))
    await click(button('Edit: Partner'))
    expect(here()).toContain('Partner')
    await type(find('[aria-label=Domain]'), 'litware.example')
    await click(button('Back to review'))
    expect(content()).toContain('litware.example')
    await click(button('Send'))
    expect(content()).toContain('pending invitation already')
    fails = false
    await click(button('Send'))
    expect(find('p').textContent).toBe('sent')
  })

  test('what waits for the customer cannot be sent again', async () => {
    shown = await stage(() => <Sample send={async () => { throw new Waits(waiting) }} />)
    await type(find('[aria-label=Domain]'), 'x')
    await click(button('Next'))
    await click(button('Next'))
    await click(button('Send'))
    expect(content()).toContain('Waits for the customer’s approval')
    expect([...document.querySelectorAll('.pfoot button')].map((one) => one.textContent)).toEqual(['Close'])
    expect(document.activeElement?.textContent).toBe('Close')
  })

  test('leaving with changes asks, staying keeps them', async () => {
    shown = await stage(() => <Sample send={async () => undefined} />)
    await type(find('[aria-label=Domain]'), 'x')
    shown.go('/elsewhere')
    await until(() => find('[role=alertdialog]'))
    await click(button('Stay'))
    expect(shown.address()).toBe('/page')
    expect(find('[aria-label=Domain]')).toHaveProperty('value', 'x')
    shown.go('/elsewhere')
    await until(() => find('[role=alertdialog]'))
    await click(button('Leave'))
    await until(() => expect(shown?.address()).toBe('/elsewhere'))
  })
})

describe('people picker', () => {
  const directory: Person[] = [
    { id: 'u1', kind: 'user', name: 'Sam Lee', detail: 'sam@partner.example' },
    { id: 'u2', kind: 'user', name: 'Samira Ali', detail: 'samira@partner.example' },
    { id: 'g1', kind: 'group', name: 'Sample desk', size: 4 },
  ]
  let asked: string[] = []
  const search = async (q: string) => {
    asked.push(q)
    return directory.filter((p) => p.name.toLowerCase().startsWith(q.toLowerCase()))
  }
  function Sample({ max, find: by = search }: { max?: number; find?: typeof search }) {
    const [people, setPeople] = useState<readonly Person[]>([])
    return (
      <form onSubmit={() => asked.push('SUBMIT')}>
        <PeoplePicker name="members" label="Members" value={people} onChange={setPeople} onLeave={() => undefined} reason={undefined} search={by} max={max} />
        <output>{people.map((p) => p.id).join()}</output>
      </form>
    )
  }
  const box = () => find('[role=combobox]')
  const active = () => find(`[id="${box().getAttribute('aria-activedescendant')}"]`).textContent
  const chosen = () => find('output').textContent

  test('by keyboard alone: type, walk, take, remove', async () => {
    asked = []
    shown = await stage(() => <Sample />)
    await type(box(), 's')
    expect(find('.found.mut').textContent).toBe('Type at least 2 characters.')
    await type(box(), 'sam')
    await until(() => expect(document.querySelectorAll('[role=option]')).toHaveLength(3))
    expect(asked).toEqual(['sam'])
    expect(box().getAttribute('aria-expanded')).toBe('true')
    expect(active()).toContain('Sam Lee')
    await press('ArrowDown')
    await press('ArrowDown')
    expect(active()).toContain('Sample desk')
    expect(active()).toContain('4 people')
    expect((await press('Enter')).defaultPrevented).toBe(true)
    expect(chosen()).toBe('g1')
    expect(box()).toHaveProperty('value', '')
    expect(document.activeElement).toBe(box())
    await type(box(), 'sam')
    await until(() => expect(document.querySelectorAll('[role=option]')).toHaveLength(2)) // not who is chosen already
    await press('ArrowUp')
    expect(active()).toContain('Samira')
    await press('Enter')
    expect(chosen()).toBe('g1,u2')
    await press('Backspace')
    expect(chosen()).toBe('g1')
    await click(button('Remove Sample desk'))
    expect(chosen()).toBe('')
    expect(asked).not.toContain('SUBMIT')
  })

  test('Escape closes the results and nothing around', async () => {
    let outer = 0
    shown = await stage(() => (
      <div onKeyDown={() => { outer += 1 }}>
        <Sample />
      </div>
    ))
    await type(box(), 'sam')
    await until(() => find('[role=option]'))
    await press('Escape')
    expect(box().getAttribute('aria-expanded')).toBe('false')
    expect(outer).toBe(0)
    await press('Escape')
    expect(outer).toBe(1)
  })

  test('nobody found, a failed search, and the limit are said', async () => {
    shown = await stage(() => <Sample max={1} />)
    await type(box(), 'zoe')
    await until(() => expect(find('.found.mut').textContent).toBe('Nobody found.'))
    await type(box(), 'sam')
    await until(() => find('[role=option]'))
    await press('Enter')
    expect(find('.hint').textContent).toBe('At most 1 can be chosen.')
    expect(box()).toHaveProperty('readOnly', true)
    await shown.end()
    const fails = async (): Promise<Person[]> => {
      throw new ApiError(502, { code: 'directory-unavailable' })
    }
    shown = await stage(() => <Sample find={fails} />)
    await type(box(), 'sam')
    await until(() => expect(find('[role=alert]').textContent).toContain('The directory did not answer as expected.'))
  })

  test('a slow answer to a former word is never shown', async () => {
    const answers = new Map<string, (people: Person[]) => void>()
    const slow = (q: string) => new Promise<Person[]>((resolve) => answers.set(q, resolve))
    shown = await stage(() => <Sample find={slow} />)
    await type(box(), 'sa')
    await until(() => expect(answers.has('sa')).toBe(true))
    await type(box(), 'zoe')
    await until(() => expect(answers.has('zoe')).toBe(true))
    await act(async () => {
      answers.get('zoe')?.([])
      answers.get('sa')?.(directory)
    })
    expect(document.querySelectorAll('[role=option]')).toHaveLength(0)
    expect(find('.found.mut').textContent).toBe('Nobody found.')
  })
})
