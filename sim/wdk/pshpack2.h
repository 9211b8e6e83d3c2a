// pshpack2.h: packs structures to 2 bytes until poppack.h. Included as often as wanted.
#pragma pack(push, 2)
