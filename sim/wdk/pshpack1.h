// pshpack1.h: packs structures to 1 bytes until poppack.h. Included as often as wanted.
#pragma pack(push, 1)
