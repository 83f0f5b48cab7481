import { useInfiniteQuery, useQuery } from '@tanstack/react-query'
import { api, unwrap } from '../api/client'
import { formerOf, one, pages, type Scope } from '../api/query'
import type { components } from '../api/schema'
import type { Person } from '../kit/form/PeoplePicker'
import { usePlace } from '../kit/scope'
import type { Settable } from './draft'

export type TenantManager = components['schemas']['TenantManager']
export type ManagerPage = components['schemas']['PageTenantManager']
export type Role = components['schemas']['Role']
export type RoleList = components['schemas']['RoleList']
export type RolePreview = components['schemas']['RolePreview']
export type Assignment = components['schemas']['Assignment']
export type AssignmentScope = components['schemas']['AssignmentScope']
export type AssignmentBody = components['schemas']['AssignmentBody']
export type ScopeChoices = components['schemas']['ScopeChoices']
export type RoleTemplate = components['schemas']['RoleTemplate']
export type ApplyResult = components['schemas']['ApplyResult']

/** The tenant managers; one page is all. */
export function managerPages(scope: Scope) {
  return pages<ManagerPage>({
    scope,
    feature: 'access',
    operation: 'tenant-managers',
    params: {},
    every: 60_000,
    read: (_, signal) => unwrap(api.GET('/api/tenant-managers', { signal })),
  })
}

/** The same list, for the pane of one of them: a shared link opens the pane before the list is there. */
export function useManagers() {
  return useInfiniteQuery(managerPages(usePlace()))
}

/** Names a tenant manager: a user, or all of a security group. */
export function addManager(person: Person): Promise<TenantManager> {
  return unwrap(api.POST('/api/tenant-managers', { body: { kind: person.kind, id: person.id } }))
}

/** Takes the power away. */
export function removeManager(id: string): Promise<unknown> {
  return unwrap(api.DELETE('/api/tenant-managers/{id}', { params: { path: { id } } }))
}

/** The roles of the customer, with what the person may put into one. */
export function useRoles() {
  const scope = usePlace()
  const id = scope.customer
  return useQuery(
    one({
      scope,
      feature: 'access',
      operation: 'roles',
      every: 60_000,
      read: (signal) => unwrap(api.GET('/api/customers/{id}/roles', { params: { path: { id } }, signal })),
    }),
  )
}

/** All assignments of the customer that the person may see. */
export function useAssignments() {
  const scope = usePlace()
  const id = scope.customer
  return useQuery(
    one({
      scope,
      feature: 'access',
      operation: 'assignments',
      every: 60_000,
      read: async (signal) => (await unwrap(api.GET('/api/customers/{id}/assignments', { params: { path: { id } }, signal }))).items,
    }),
  )
}

/** What other permissions of a role would change for whom; not asked without permissions. */
export function useRolePreview(role: string, permissions: readonly string[] | undefined) {
  const scope = usePlace()
  const id = scope.customer
  return useQuery({
    ...one<RolePreview>({
      scope,
      feature: 'access',
      operation: 'role-preview',
      params: { role, permissions },
      read: (signal) =>
        unwrap(
          api.POST('/api/customers/{id}/roles/{role}/preview', {
            params: { path: { id, role } },
            body: { permissions: [...(permissions ?? [])] },
            signal,
          }),
        ),
    }),
    enabled: permissions !== undefined,
    placeholderData: formerOf(scope),
  })
}

const ifMatch = (version: number) => ({ 'If-Match': `"${version}"` })
const bodyOf = ({ name, description, permissions }: Settable) => ({ name, description, permissions: [...permissions] })

export function createRole(id: string, role: Settable): Promise<Role> {
  return unwrap(api.POST('/api/customers/{id}/roles', { params: { path: { id } }, body: bodyOf(role) }))
}

export function changeRole(id: string, role: Role, to: Settable): Promise<Role> {
  return unwrap(
    api.PUT('/api/customers/{id}/roles/{role}', { params: { path: { id, role: role.id }, header: ifMatch(role.version) }, body: bodyOf(to) }),
  )
}

/** Removes a role, and its assignments with it. */
export function deleteRole(id: string, role: Role): Promise<unknown> {
  return unwrap(api.DELETE('/api/customers/{id}/roles/{role}', { params: { path: { id, role: role.id }, header: ifMatch(role.version) } }))
}

export function createAssignment(id: string, role: string, body: AssignmentBody): Promise<Assignment> {
  return unwrap(api.POST('/api/customers/{id}/assignments', { params: { path: { id } }, body: { ...body, role } }))
}

export function changeAssignment(id: string, assignment: Assignment, body: AssignmentBody): Promise<Assignment> {
  return unwrap(
    api.PUT('/api/customers/{id}/assignments/{assignment}', {
      params: { path: { id, assignment: assignment.id }, header: ifMatch(assignment.version) },
      body,
    }),
  )
}

/** The assignment as it is now. */
export function readAssignment(id: string, assignment: string): Promise<Assignment> {
  return unwrap(api.GET('/api/customers/{id}/assignments/{assignment}', { params: { path: { id, assignment } } }))
}

export function deleteAssignment(id: string, assignment: Assignment): Promise<unknown> {
  return unwrap(
    api.DELETE('/api/customers/{id}/assignments/{assignment}', {
      params: { path: { id, assignment: assignment.id }, header: ifMatch(assignment.version) },
    }),
  )
}

/** What an assignment's scope can be: groups and rooms by a part of their name, building or city. */
export function useScopes(q: string) {
  const scope = usePlace()
  const id = scope.customer
  return useQuery({
    ...one<ScopeChoices>({
      scope,
      feature: 'access',
      operation: 'scopes',
      params: { q },
      read: (signal) => unwrap(api.GET('/api/customers/{id}/scopes', { params: { path: { id }, query: { q } }, signal })),
    }),
    placeholderData: formerOf(scope),
  })
}

/** The templates of the partner; the same for every customer. Not asked for who may not see them. */
export function useRoleTemplates(enabled = true) {
  const { session } = usePlace()
  return useQuery({
    ...one({
      scope: { session, customer: 'all' },
      feature: 'access',
      operation: 'role-templates',
      every: 60_000,
      read: async (signal) => (await unwrap(api.GET('/api/role-templates', { signal }))).items,
    }),
    enabled,
  })
}

export function createTemplate(template: Settable): Promise<RoleTemplate> {
  return unwrap(api.POST('/api/role-templates', { body: bodyOf(template) }))
}

export function changeTemplate(template: RoleTemplate, to: Settable): Promise<RoleTemplate> {
  return unwrap(api.PUT('/api/role-templates/{id}', { params: { path: { id: template.id }, header: ifMatch(template.version) }, body: bodyOf(to) }))
}

export function deleteTemplate(template: RoleTemplate): Promise<unknown> {
  return unwrap(api.DELETE('/api/role-templates/{id}', { params: { path: { id: template.id }, header: ifMatch(template.version) } }))
}

/** Makes or changes the template's role for customers, or only tells what would happen. */
export async function applyTemplate(template: string, customers: readonly string[], preview: boolean): Promise<readonly ApplyResult[]> {
  const body = { customers: [...customers], preview }
  return (await unwrap(api.POST('/api/role-templates/{id}/apply', { params: { path: { id: template } }, body }))).items
}

/** The same with a role of another customer. */
export async function copyRole(id: string, role: string, customers: readonly string[], preview: boolean): Promise<readonly ApplyResult[]> {
  const body = { customers: [...customers], preview }
  return (await unwrap(api.POST('/api/customers/{id}/roles/{role}/copy', { params: { path: { id, role } }, body }))).items
}
