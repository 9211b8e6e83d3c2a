// pshpack8.h: packs structures to 8 bytes until poppack.h. Included as often as wanted.
#pragma pack(push, 8)
