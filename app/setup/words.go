package setup

// word is what a finding says, and what to do about it. {names} are filled with the values of the finding.
type word struct{ says, do string }

// words are the English sentences of the codes; the user interface has the same ones in both languages (ui/src/setup/text.*.json).
var words = map[string]word{
	"address-ok":          {"{address} leads here.", ""},
	"address-local":       {"{address} is reached from this machine only.", "Good for a trial. Customers need an address with https."},
	"address-unreachable": {"{address} does not answer.", "Let the name point to this machine and the proxy or --listen answer for it; then test again."},
	"address-certificate": {"The certificate of {address} is not believed.", "Install a certificate for this name with its whole chain."},
	"address-other":       {"Something else than Roomward answers at {address}.", "Let the proxy hand this name on to {listen}."},

	"tenant-ok":         {"The tenant is {tenant}.", ""},
	"tenant-unknown":    {"Microsoft knows no such tenant.", "Copy the tenant id from Entra, Overview; or give a domain of the organisation."},
	"tenant-government": {"This tenant is in the government cloud {cloud}, which Roomward does not serve.", "Use a tenant of the commercial cloud."},
	"domain-ok":         {"{domain} belongs to this tenant.", ""},
	"domain-foreign":    {"{domain} belongs to another tenant.", "Name domains that your organisation has verified in Entra."},
	"domain-unknown":    {"Microsoft knows no tenant with the domain {domain}.", "Check the spelling, or verify the domain in Entra, Custom domain names."},
	"domain-unverified": {"{domain} is not among the verified domains of the tenant.", "Verify it in Entra, Custom domain names, or leave it out."},

	"token-ok":            {"Microsoft accepts the application for your tenant.", ""},
	"app-unknown":         {"The tenant has no application with this client id.", "Copy the Application (client) id from the registration's overview. If it is right, give admin consent once (API permissions, Grant admin consent)."},
	"secret-wrong":        {"The client secret is not the right one.", "Make a new secret and copy its Value, not its Secret ID."},
	"secret-expired":      {"The client secret has expired.", "Make a new one in Certificates & secrets, or use a certificate."},
	"certificate-unknown": {"The registration does not know this certificate.", "Upload the certificate's public part under Certificates & secrets, Certificates; it can take a minute to be known."},
	"clock-refused":       {"Microsoft refuses the signed proof for its time.", "Set the clock of this machine (timedatectl), then test again."},
	"graph-unknown":       {"The tenant has no service principal of Microsoft Graph.", "The tenant needs a Microsoft 365 subscription."},
	"redirect-unknown":    {"The registration does not name this redirect address.", "Add it under Authentication, Web, exactly as shown."},
	"not-consented":       {"Your tenant has not given consent to the application.", "Give it: API permissions, Grant admin consent."},
	"not-assigned":        {"The person is not assigned to the application.", "Assign them under Enterprise applications, Users and groups."},
	"app-disabled":        {"The application is disabled in your tenant.", "Enable it: Enterprise applications, Properties, Enabled for users to sign in."},
	"not-multitenant":     {"The application is registered for one tenant only.", "Change it: Authentication, Supported account types, Accounts in any organizational directory."},
	"blocked":             {"A Conditional Access policy of the tenant blocks the application.", "Exclude the application's workload identity from the policy, or allow the address of this machine."},
	"wrong-cloud":         {"The tenant lives in another Microsoft cloud.", "Roomward serves tenants of the commercial cloud only."},
	"throttled":           {"Microsoft asks to wait.", "Test again in a minute."},
	"cloud-unreachable":   {"Microsoft's cloud cannot be reached.", "This machine needs https to login.microsoftonline.com and graph.microsoft.com. Check its network and proxy."},
	"cloud-refused":       {"Microsoft refuses: {said}", "Search for AADSTS{number} in Microsoft's documentation."},

	"permissions-ok":      {"All permissions are there.", ""},
	"permission-missing":  {"The permission {permission} is missing.", "Add it as an Application permission of Microsoft Graph, then Grant admin consent."},
	"permission-optional": {"The permission {permission} is not there: {purpose} will not work.", "Add it if you want that; everything else works without it."},
	"organization-ok":     {"The tenant calls itself {name}; its domains are verified.", ""},

	"certificate-ok":      {"The certificate is valid until {until}.", ""},
	"certificate-soon":    {"The certificate ends on {until}.", "Make a new one: roomward serve --setup, then upload it before that day."},
	"certificate-expired": {"The certificate ended on {until}.", "Make a new one and upload its public part to the registration."},
	"certificate-waits":   {"A new certificate ({thumbprint}) waits; Microsoft does not know it yet, and the former proof stays in use.", "Upload its public part to the registration, then test again in the guide: it is taken into use then."},
	"certificate-known":   {"Microsoft knows the new certificate ({thumbprint}).", "Test the registration in the guide (roomward serve --setup): it is taken into use then."},
	"secret-not-kept":     {"The new secret was not kept: what is in use goes on.", "Copy the Value of a secret that is valid, and enter it again."},
	"secret-used":         {"The application uses a secret, which ends on a day that only Entra knows.", "A certificate made here is better: Roomward then says when it ends."},
	"credential-missing":  {"There is neither a certificate nor a secret.", "Make a certificate in the guide, or name one in the settings."},

	"acting-by-first":  {"One registration reads and acts.", ""},
	"acting-ok":        {"The second registration may act, and nothing else.", ""},
	"acting-too-much":  {"The second registration has more than it needs: {permissions}.", "Remove them from its API permissions, and grant admin consent anew."},
	"permission-twice": {"The first registration still has {permission}, which the second one is for.", "Remove it from the API permissions of the first, and grant admin consent anew."},

	"managers-ok":         {"{group} has {count} members: they are managers.", ""},
	"managers-empty":      {"{group} has no members.", "Add at least one person to it in Entra."},
	"managers-missing":    {"The tenant has no such group.", "Copy the Object id of a security group from Entra, Groups."},
	"managers-mail-group": {"{group} is no security group.", "Choose a security group."},
	"managers-role":       {"Managers are whom the app role Manager is assigned to.", ""},

	"signin-ok":         {"{name} signed in and is a manager.", ""},
	"signin-no-manager": {"{name} signed in and is no manager.", "Assign the app role Manager to them, or put them into the group, then sign in again."},
	"signin-no-claim":   {"The token of the sign-in has no {claim}.", "Add it: Token configuration, Add optional claim, ID."},
	"signin-refused":    {"The sign-in was not let in: {said}", "Sign in as a member of your own tenant."},

	"mail-off":         {"No mail server is set: nothing is mailed.", ""},
	"mail-ok":          {"{host} took a test mail to {to}.", "Look into the mailbox."},
	"mail-reached":     {"{host} answers and takes mail of {from}.", ""},
	"mail-unreachable": {"{host} cannot be reached.", "Check its name and port, and that this machine may connect to it."},
	"mail-tls":         {"{host} offers no encryption that is believed.", "Check the kind of encryption, and the server's certificate."},
	"mail-sign-in":     {"{host} refuses the user or the password.", "Check both; many providers want an app password."},
	"mail-time":        {"{host} did not answer in time.", "Check its port: 587 for STARTTLS, 465 for TLS."},
	"mail-sender":      {"{host} takes no mail of {from}.", "Use an address that this user may send from."},
	"mail-recipient":   {"{host} does not take mail to {to}.", "Check the address."},
	"mail-letter":      {"{host} took the addresses and not the mail.", "Ask who runs the mail server."},

	"data-ok":            {"The data directory {data} can be read by its owner only.", ""},
	"data-open":          {"Others on this machine can read the data directory {data}.", "chmod 700 {data}"},
	"data-absent":        {"There is no data directory {data}.", "Start Roomward once, or name another --data."},
	"data-broken":        {"The data directory {data} cannot be opened: {said}", "Run this as the user of the service, with its settings."},
	"disk-ok":            {"{free} are free on its disk.", ""},
	"disk-low":           {"Only {free} are free on its disk.", "Make room: below 500 MB Roomward may stop taking changes."},
	"clock-ok":           {"The clock is right to {seconds} s.", ""},
	"clock-off":          {"The clock differs from Microsoft's by {seconds} s.", "Set it (timedatectl set-ntp true): sign-ins fail beyond 5 minutes."},
	"backup-off":         {"No backups are made by schedule.", "Choose a directory, or run roomward backup by a timer."},
	"backup-dir-ok":      {"Backups can be written to {dir}, which is on another disk.", ""},
	"backup-dir-missing": {"There is no directory {dir}, and it cannot be made here.", "Make it for the user of the service: mkdir -m 700 {dir}; then test again."},
	"backup-dir-closed":  {"{dir} cannot be written.", "Give it to the user of the service (chown); under systemd name it with ReadWritePaths= in the unit, too."},
	"backup-same-disk":   {"{dir} is on the disk of the data directory: who loses the disk loses both.", "Better another disk or a network mount; or copy the backups away."},

	"backup-ok":   {"The last backup is of {at}.", ""},
	"backup-old":  {"The last backup is of {at}.", "Look why the schedule makes none."},
	"backup-none": {"There is no backup.", "Set --backup-dir, or run roomward backup by a timer."},

	"checks-unfinished": {"The checks took too long; what is not listed was not checked.", "Look at what is broken, then check again."},

	"settings-missing": {"{name} is not set.", "Run roomward serve, which opens the set-up guide."},
	"settings-wrong":   {"{said}", "Correct it where roomward config says it comes from."},
}

// purposes say what an optional permission is for.
var purposes = map[string]string{
	"restart": "restarting devices", "presence": "health by presence where Microsoft's device interface is shut", "managed": "health by Intune where that interface is shut",
}
