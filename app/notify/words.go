package notify

// words are a sentence in both languages, with its values in braces. A letter says what happened and about whom, and nothing of a customer's rooms:
// mail leaves the machine. The pages say the same with more detail.
type words struct{ en, fr string }

// sentences are what a letter says of each kind of notice.
func sentences() map[string]words {
	return map[string]words{
		"invitation.sent":      {"{customer} invites {partner}.", "{customer} invite {partner}."},
		"invitation.changed":   {"{customer} changed its invitation to {partner}.", "{customer} a modifié son invitation à {partner}."},
		"invitation.withdrawn": {"{customer} withdrew its invitation to {partner}.", "{customer} a retiré son invitation à {partner}."},
		"invitation.accepted":  {"{partner} accepted the invitation of {customer}.", "{partner} a accepté l’invitation de {customer}."},
		"invitation.declined":  {"{partner} declined the invitation of {customer}.", "{partner} a refusé l’invitation de {customer}."},
		"invitation.expired":   {"The invitation of {customer} to {partner} expired.", "L’invitation de {customer} à {partner} a expiré."},

		"change.asked":     {"{partner} asks {customer} to approve {what}.", "{partner} demande à {customer} d’approuver {what}."},
		"change.approved":  {"{customer} approved {what}.", "{customer} a approuvé {what}."},
		"change.rejected":  {"{customer} denied {what}.", "{customer} a refusé {what}."},
		"change.expired":   {"{customer} did not decide in time: {what}.", "{customer} n’a pas décidé à temps\u00a0: {what}."},
		"change.withdrawn": {"{partner} does not ask {customer} any more for {what}.", "{partner} ne demande plus à {customer} {what}."},
		"change.done":      {"Done as {customer} approved it: {what}.", "Fait comme {customer} l’a approuvé\u00a0: {what}."},
		"change.failed":    {"What {customer} approved could not be done: {what}.", "Ce que {customer} a approuvé n’a pas pu être fait\u00a0: {what}."},

		"ceiling.changed":        {"{customer} changed what {partner} may do at most.", "{customer} a modifié ce que {partner} peut faire au plus."},
		"grant.changed":          {"{customer} changed which rooms {partner} may reach.", "{customer} a modifié les salles que {partner} peut atteindre."},
		"change-control.changed": {"{customer} changed what it wants to approve.", "{customer} a modifié ce qu’il veut approuver."},
		"strong-auth.changed":    {"{customer} changed the sign-in that it demands of {partner}.", "{customer} a modifié la connexion exigée de {partner}."},
		"end-date.changed":       {"{customer} changed when the relation with {partner} ends.", "{customer} a modifié la fin de la relation avec {partner}."},
		"retention.changed":      {"{customer} changed for how long its data is kept.", "{customer} a modifié la durée de conservation de ses données."},
		"contacts.changed":       {"{customer} changed its contacts.", "{customer} a modifié ses contacts."},

		"admins.proposed":        {"{partner} proposes new primary admins to {customer}, which has to confirm them.", "{partner} propose de nouveaux administrateurs principaux à {customer}, qui doit les confirmer."},
		"admins.confirmed":       {"{customer} confirmed the primary admins of {partner}.", "{customer} a confirmé les administrateurs principaux de {partner}."},
		"admins.refused":         {"{customer} refused the primary admins that {partner} proposed.", "{customer} a refusé les administrateurs principaux proposés par {partner}."},
		"relation.without-admin": {"Nobody at {partner} is a primary admin of {customer} any more. Nobody there sees its rooms until there is one.", "Personne chez {partner} n’est plus administrateur principal de {customer}. Personne n’y voit ses salles d’ici là."},
		"relation.with-admin":    {"{customer} has a primary admin at {partner} again.", "{customer} a de nouveau un administrateur principal chez {partner}."},
		"relation.ending":        {"The relation of {customer} with {partner} ends in {days} days, on {ends}.", "La relation entre {customer} et {partner} prend fin dans {days} jours, le {ends}."},
		"relation.ended":         {"The relation of {customer} with {partner} has ended.", "La relation entre {customer} et {partner} a pris fin."},
		"relation.restored":      {"The data of {customer} at {partner} was put back from a backup. What was changed after that backup is lost.", "Les données de {customer} chez {partner} ont été restaurées depuis une sauvegarde. Ce qui a été modifié après elle est perdu."},
		"relation.narrowed":      {"Roomward at {partner} was put back from a backup, and what {customer} had taken back since was taken back again. Look through rooms, permissions and settings.", "Roomward chez {partner} a été restauré depuis une sauvegarde, et ce que {customer} avait repris depuis l’a été de nouveau. Vérifiez salles, autorisations et réglages."},
		"backup.failed":          {"Roomward at {partner} cannot make backups any more. The record says why.", "Roomward chez {partner} ne fait plus de sauvegardes. Le journal dit pourquoi."},
		"backup.made":            {"Roomward at {partner} makes backups again.", "Roomward chez {partner} fait de nouveau des sauvegardes."},
		"consent.withdrawn":      {"{customer} withdrew its consent in Entra. Nobody at {partner} sees its rooms any more.", "{customer} a retiré son consentement dans Entra. Personne chez {partner} ne voit plus ses salles."},
		"consent.given":          {"{customer} gave its consent again. {partner} sees the granted rooms again.", "{customer} a de nouveau donné son consentement. {partner} voit de nouveau les salles accordées."},
		"assignment.removed":     {"{customer} removed an assignment of {partner}.", "{customer} a retiré une affectation de {partner}."},
		"role.removed":           {"{customer} removed a role of {partner}.", "{customer} a retiré un rôle de {partner}."},
		"member.removed":         {"{customer} took its rooms from a member of {partner}.", "{customer} a retiré ses salles à un membre de {partner}."},
		"audit.checkpoint":       {"Today’s checkpoint of the audit record of {customer}. Keep it: it proves later that the record was not changed.", "Point de contrôle du jour du journal d’audit de {customer}. Conservez-le\u00a0: il prouvera que le journal n’a pas été modifié."},
	}
}

// anything is said of a kind that has no sentence.
var anything = words{"There is news about {customer}.", "Il y a du nouveau au sujet de {customer}."}

// oneDay takes the place of relation.ending on the last day.
var oneDay = words{"The relation of {customer} with {partner} ends within a day, on {ends}.", "La relation entre {customer} et {partner} prend fin d’ici un jour, le {ends}."}

// notKept takes the place of relation.ended where the record could not be sealed.
var notKept = words{"The relation of {customer} with {partner} has ended. Its audit record could not be kept.",
	"La relation entre {customer} et {partner} a pris fin. Son journal d’audit n’a pas pu être gardé."}

// whats are what a change request is about, by its event.
func whats() map[string]words {
	return map[string]words{
		"role":       {"a change of a role", "la modification d’un rôle"},
		"assignment": {"a change of who holds a role", "la modification d’une affectation"},
		"group":      {"a change of a room group", "la modification d’un groupe de salles"},
		"action":     {"an action in a room", "une action dans une salle"},
		"export":     {"an export of the audit record", "une exportation du journal d’audit"},
		"":           {"a change", "une modification"},
	}
}
