import { readFileSync } from 'node:fs'
import { fileURLToPath } from 'node:url'
import { describe, expect, test } from 'vitest'
import { filesBelow } from '../test/files'
import notices from '../notify/text.en.json'
import en from './text.en.json'
import fr from './text.fr.json'

const root = fileURLToPath(new URL('../../..', import.meta.url))
const read = (folder: string, name: RegExp) => filesBelow(root + folder, name).filter((file) => !file.endsWith('_test.go')).map((file) => readFileSync(`${root}${folder}/${file}`, 'utf8'))

/** Neither operations nor kinds of notices: files of the data directory. */
const files = ['roomward.db', 'roomward.db-wal', 'audit.key', 'seal.key', 'secret.key', 'settings.conf', 'manifest.json']

/** What stands in the store's code as "subject.verb": after `operation`, or anywhere and not the kind of a notice or a column. */
function operations(): readonly string[] {
  const kinds = new Set(Object.entries(notices.kind).flatMap(([subject, verbs]) => (typeof verbs === 'string' ? [] : Object.keys(verbs).map((verb) => `${subject}.${verb}`))))
  const found = new Set<string>()
  for (const text of read('store', /\.go$/)) {
    for (const [, name = ''] of text.matchAll(/\boperation(?::| :?=) "([a-z-]+\.[a-z-]+)"/g)) found.add(name)
    const code = text.replace(/\/\/.*$/gm, '')
    for (const [, name = ''] of code.matchAll(/"([a-z][a-z-]+\.[a-z-]+)"/g)) if (!kinds.has(name) && !files.includes(name)) found.add(name)
  }
  for (const text of read('app/web', /^routes\.go$/)) for (const [, name = ''] of text.matchAll(/\.Sensitive\("([a-z-]+\.[a-z-]+)"\)/g)) found.add(name)
  return [...found].sort()
}

describe('the words of the record', () => {
  const written = operations()

  test('what is written is found', () => {
    expect(written).toEqual(expect.arrayContaining(['role.create', 'admins.restored', 'member.remove', 'consent.withdrawn', 'relation.end', 'admins.refuse', 'audit.prune', 'audit.view']))
    expect(written).not.toContain('change.asked')
  })

  test.each([
    ['English', en],
    ['French', fr],
  ])('every operation has a word: %s', (_, words) => {
    expect(written.filter((name) => !(name.replace('.', '/') in words.did))).toEqual([])
  })

  test('every operation can be chosen by its subject, but for what happens once', () => {
    const subjects = new Set(written.map((name) => name.slice(0, name.indexOf('.'))))
    expect([...subjects].filter((subject) => !(subject in en.about))).toEqual(['organisation', 'rooms', 'tenant'])
  })
})
