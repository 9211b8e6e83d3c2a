// initguid.h: GUIDs are defined where they are declared; nothing to switch here.
#pragma once
