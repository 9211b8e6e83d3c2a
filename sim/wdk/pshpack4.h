// pshpack4.h: packs structures to 4 bytes until poppack.h. Included as often as wanted.
#pragma pack(push, 4)
