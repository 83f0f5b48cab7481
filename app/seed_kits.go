package app

import "roomward/store"

// seedVersions are what an update would bring: of the app, and of the operating system or firmware.
type seedVersions struct{ app, system string }

// seedKit is what a room is equipped with: the system itself, the console on its table (not with every system) and the panel at its door.
type seedKit struct {
	system, console, panel store.DeviceFound
	newer                  seedVersions // for the system
}

// The apps that run now, and what is newer.
const (
	seedAndroid, seedNextAndroid = "1.0.97.2026100601", "1.0.98.2026111001"
	seedWindows, seedNextWindows = "5.5.129.0", "5.6.111.0"
)

func seedKits() []seedKit {
	device := func(kind, maker, model, firmware string) store.DeviceFound {
		return store.DeviceFound{Kind: kind, Maker: maker, Model: model, AppVersion: seedAndroid, Firmware: firmware}
	}
	android := func(maker, model, firmware, next, console, consoleFirmware string) seedKit {
		return seedKit{device("collaborationBar", maker, model, firmware), device("touchConsole", maker, console, consoleFirmware),
			device("teamsPanel", maker, console, consoleFirmware), seedVersions{seedNextAndroid, next}}
	}
	pc := func(kind, maker, model, panelMaker, panel, panelFirmware string) seedKit {
		return seedKit{store.DeviceFound{Kind: kind, Maker: maker, Model: model, AppVersion: seedWindows, OSVersion: "10.0.26100.6899"},
			store.DeviceFound{}, device("teamsPanel", panelMaker, panel, panelFirmware), seedVersions{seedNextWindows, "10.0.26100.7171"}}
	}
	return []seedKit{
		android("Logitech", "Rally Bar", "1.14.155", "1.15.102", "Tap IP", "1.14.155"),
		android("Logitech", "Rally Bar Mini", "1.14.155", "1.15.102", "Tap IP", "1.14.155"),
		android("Logitech", "Rally Bar Huddle", "1.14.155", "1.15.102", "Tap IP", "1.14.155"),
		android("Poly", "Studio X32", "4.5.0.446204", "4.6.0.446410", "TC10", "4.4.1.211370"),
		android("Poly", "Studio X52", "4.5.0.446204", "4.6.0.446410", "TC10", "4.4.1.211370"),
		android("Yealink", "MeetingBar A20", "133.321.0.25", "133.321.0.40", "CTP25", "137.320.0.12"),
		android("Yealink", "MeetingBar A40", "133.321.0.25", "133.321.0.40", "CTP25", "137.320.0.12"),
		android("Neat", "Bar Gen 2", "NFB1.20260812.0005", "NFB1.20261002.0003", "Pad", "NFA1.20260812.0005"),
		android("Neat", "Bar Pro", "NFB1.20260812.0005", "NFB1.20261002.0003", "Pad", "NFA1.20260812.0005"),
		android("Cisco", "Room Bar", "11.32.2.9", "11.33.1.4", "Room Navigator", "11.32.2.9"),
		android("Cisco", "Room Bar Pro", "11.32.2.9", "11.33.1.4", "Room Navigator", "11.32.2.9"),
		android("Jabra", "PanaCast 50 VBS", "8.31.14", "8.32.6", "PanaCast Control", "8.31.14"),
		pc("teamsRoom", "Lenovo", "ThinkSmart Core", "Crestron", "TSS-1070", "2.7.98"),
		pc("teamsRoom", "Lenovo", "ThinkSmart One", "Logitech", "Tap Scheduler", "1.14.155"),
		pc("teamsRoom", "Crestron", "UC-CX100-T", "Crestron", "TSS-1070", "2.7.98"),
		pc("teamsRoom", "Yealink", "MCore Pro", "Yealink", "RoomPanel Plus", "137.320.0.12"),
		pc("teamsRoom", "HP", "Presence Mini", "Poly", "TC10", "4.4.1.211370"),
		pc("surfaceHub", "Microsoft", "Surface Hub 3 50", "Crestron", "TSS-1070", "2.7.98"),
	}
}
