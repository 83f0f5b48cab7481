package app

// The words that seeded worlds are made of. They are invented or of the map; two customers never share a name.

// seedFirst and seedSecond make the names of customers: each pair at most once.
func seedFirst() []string {
	return []string{"Alderbrook", "Amberline", "Ashgrove", "Bayfield", "Bellweather", "Blackthorn", "Bluewater", "Brightside", "Broadleaf",
		"Cedarmont", "Clearbrook", "Cobaltway", "Copperfield", "Coralridge", "Crestline", "Dawnfield", "Deepwell", "Eastmark", "Elmhurst",
		"Emberstone", "Fairhaven", "Fernvale", "Firstlight", "Foxglove", "Glenmore", "Goldcrest", "Greenmantle", "Greystone", "Halcyon",
		"Harborview", "Hawthorn", "Highmoor", "Hollybank", "Ironbridge", "Ivorygate", "Junipero", "Kestrel", "Kingswell", "Lakeshore",
		"Larkspur", "Lindenau", "Longmeadow", "Maplewood", "Meridiana", "Millbrook", "Moonstone", "Northfield", "Oakhaven", "Oldcastle",
		"Orchardia", "Pinecrest", "Quarrystone", "Ravenswood", "Redwick", "Riverbend", "Rosedale", "Saltmarsh", "Silverbirch", "Stonegate",
		"Summerhill", "Thornbury", "Valemont", "Westbourne", "Willowmere"}
}

func seedSecond() []string {
	return []string{"Logistics", "Foods", "Insurance", "Energy", "Pharma", "Motors", "Textiles", "Consulting", "Airlines", "Bank", "Media",
		"Retail", "Chemicals", "Instruments", "Partners", "Packaging", "Health", "Optics", "Shipping", "Robotics"}
}

// seedCity is a city with some of its buildings and what a meeting room is called there.
type seedCity struct {
	country, city, room string
	buildings           []string
}

func seedCities() []seedCity {
	return []seedCity{
		{"FR", "Lyon", "Salle", []string{"Part-Dieu", "Tour Oxygène", "Confluence", "Gerland", "Vaise", "Cité Internationale"}},
		{"FR", "Paris", "Salle", []string{"La Défense 4", "Tour Égée", "Bercy Lumière", "Grands Boulevards", "Montparnasse Sud", "Étoile"}},
		{"DE", "München", "Raum", []string{"Werksviertel", "Parkstadt Süd", "Arnulfpark", "Olympia Nord", "Isarturm", "Haus Bogenhausen"}},
		{"DE", "Hamburg", "Raum", []string{"Speicherhaus", "HafenCity Ost", "Alsterkontor", "Elbbrücken", "Stadtpark 9", "City Nord"}},
		{"DE", "Köln", "Raum", []string{"Rheinkontor", "Mediapark", "Deutzer Hof", "Domblick", "Ehrenfeld Werk", "Südstadt 12"}},
		{"GB", "London", "Meeting Room", []string{"Riverside House", "Paddington Yard", "Monument Court", "Shoreditch Works", "Canary Point", "Borough Hall"}},
		{"GB", "Manchester", "Meeting Room", []string{"Spinningfields 3", "Canal Mill", "Deansgate House", "Quays Tower", "Piccadilly Place", "Oxford Road"}},
		{"IE", "Dublin", "Meeting Room", []string{"Grand Canal Dock", "Sandyford One", "Harcourt Row", "Liffey House", "Docklands 7", "Park West"}},
		{"NL", "Amsterdam", "Zaal", []string{"Zuidas Poort", "Houthavens", "Teleport 5", "Arena Kantoor", "Westerdok", "De Pijp"}},
		{"ES", "Barcelona", "Sala", []string{"Torre Llevant", "Glòries 22", "Port Vell", "Diagonal Mar", "Casa Gràcia", "Sants Nord"}},
		{"ES", "Málaga", "Sala", []string{"Puerto Sur", "Parque Tecnológico", "Alameda 11", "Teatinos", "La Caleta", "Torre Mar"}},
		{"IT", "Milano", "Sala", []string{"Porta Nuova", "Bicocca 4", "Corso Como", "Tortona", "Lambrate", "San Babila"}},
		{"SE", "Göteborg", "Rum", []string{"Lindholmen", "Gamla Ullevi", "Kungsport", "Älvstranden", "Järntorget", "Nordstan"}},
		{"DK", "København", "Lokale", []string{"Ørestad Nord", "Kalvebod", "Nordhavn 2", "Islands Brygge", "Carlsberg Byen", "Amager Øst"}},
		{"PL", "Wrocław", "Sala", []string{"Sky Plac", "Nadodrze", "Rynek 30", "Krzyki Park", "Odra Dom", "Grabiszyn"}},
		{"CH", "Zürich", "Raum", []string{"Prime West", "Oerlikon Mitte", "Sihlhof", "Limmatkai", "Seefeld 8", "Altstetten"}},
		{"US", "Seattle", "Conference Room", []string{"Union Center", "Harbor Steps", "Denny Yard", "Pioneer Hall", "Fremont Works", "Eastlake"}},
		{"US", "Chicago", "Conference Room", []string{"Wacker Point", "Fulton Exchange", "Lakeview Tower", "Loop Center", "Clark House", "Canal Station"}},
		{"CA", "Montréal", "Salle", []string{"Place du Canal", "Vieux-Port", "Tour Mont-Royal", "Griffintown", "Mile-Ex", "Cité du Quai"}},
		{"CA", "Toronto", "Conference Room", []string{"King Street Hub", "Harbour Commons", "Bay Centre", "Distillery 2", "Bloor Place", "Liberty Works"}},
	}
}

// seedWords name rooms: rivers, mountains and trees that sound well beside "Salle" and "Meeting Room".
func seedWords() []string {
	return []string{"Rhône", "Saône", "Elbe", "Isar", "Thames", "Mersey", "Liffey", "Amstel", "Ebro", "Ticino", "Göta", "Oder", "Limmat", "Skagit",
		"Ottawa", "Douro", "Vltava", "Danube", "Loire", "Tagus", "Etna", "Eiger", "Rigi", "Snowdon", "Teide", "Triglav", "Olympus", "Rainier",
		"Denali", "Logan", "Säntis", "Zugspitze", "Birch", "Cedar", "Elm", "Maple", "Oak", "Rowan", "Spruce", "Willow", "Aspen", "Hazel",
		"Juniper", "Larch", "Linden", "Olive", "Poplar", "Sequoia", "Sorbus", "Walnut"}
}

// seedGiven and seedFamily make the names of the partner's synthetic members.
func seedGiven() []string {
	return []string{"Ada", "Bruno", "Camille", "Dilan", "Elena", "Farid", "Greta", "Hugo", "Ines", "Jonas", "Kaja", "Léa", "Milan", "Nora", "Omar",
		"Petra", "Quentin", "Rosa", "Stefan", "Tess"}
}

func seedFamily() []string {
	return []string{"Almeida", "Becker", "Castellan", "Dufour", "Eriksen", "Fontaine", "Gallo", "Horvat", "Ivanova", "Jansen", "Keller", "Lefèvre"}
}
