// Plug and play and power, as far as the parameters of a request carry them. A filter passes such requests on.
#pragma once

#include "ex.h"

typedef enum _DEVICE_RELATION_TYPE {
  BusRelations,
  EjectionRelations,
  PowerRelations,
  RemovalRelations,
  TargetDeviceRelation,
  SingleBusRelations,
  TransportRelations
} DEVICE_RELATION_TYPE, *PDEVICE_RELATION_TYPE;

typedef enum _BUS_QUERY_ID_TYPE {
  BusQueryDeviceID = 0,
  BusQueryHardwareIDs = 1,
  BusQueryCompatibleIDs = 2,
  BusQueryInstanceID = 3,
  BusQueryDeviceSerialNumber = 4,
  BusQueryContainerID = 5
} BUS_QUERY_ID_TYPE, *PBUS_QUERY_ID_TYPE;

typedef enum _DEVICE_TEXT_TYPE {
  DeviceTextDescription = 0,
  DeviceTextLocationInformation = 1
} DEVICE_TEXT_TYPE, *PDEVICE_TEXT_TYPE;

typedef enum _DEVICE_USAGE_NOTIFICATION_TYPE {
  DeviceUsageTypeUndefined,
  DeviceUsageTypePaging,
  DeviceUsageTypeHibernation,
  DeviceUsageTypeDumpFile
} DEVICE_USAGE_NOTIFICATION_TYPE;

typedef enum _SYSTEM_POWER_STATE {
  PowerSystemUnspecified = 0,
  PowerSystemWorking = 1,
  PowerSystemSleeping1 = 2,
  PowerSystemSleeping2 = 3,
  PowerSystemSleeping3 = 4,
  PowerSystemHibernate = 5,
  PowerSystemShutdown = 6,
  PowerSystemMaximum = 7
} SYSTEM_POWER_STATE, *PSYSTEM_POWER_STATE;

typedef enum _DEVICE_POWER_STATE {
  PowerDeviceUnspecified = 0,
  PowerDeviceD0,
  PowerDeviceD1,
  PowerDeviceD2,
  PowerDeviceD3,
  PowerDeviceMaximum
} DEVICE_POWER_STATE, *PDEVICE_POWER_STATE;

typedef enum _POWER_STATE_TYPE {
  SystemPowerState = 0,
  DevicePowerState
} POWER_STATE_TYPE, *PPOWER_STATE_TYPE;

typedef union _POWER_STATE {
  SYSTEM_POWER_STATE SystemState;
  DEVICE_POWER_STATE DeviceState;
} POWER_STATE, *PPOWER_STATE;

typedef enum {
  PowerActionNone = 0,
  PowerActionReserved,
  PowerActionSleep,
  PowerActionHibernate,
  PowerActionShutdown,
  PowerActionShutdownReset,
  PowerActionShutdownOff,
  PowerActionWarmEject
} POWER_ACTION, *PPOWER_ACTION;

typedef struct _POWER_SEQUENCE {
  ULONG SequenceD1;
  ULONG SequenceD2;
  ULONG SequenceD3;
} POWER_SEQUENCE, *PPOWER_SEQUENCE;

typedef VOID INTERFACE_REFERENCE(PVOID Context);
typedef INTERFACE_REFERENCE* PINTERFACE_REFERENCE;
typedef VOID INTERFACE_DEREFERENCE(PVOID Context);
typedef INTERFACE_DEREFERENCE* PINTERFACE_DEREFERENCE;
typedef struct _INTERFACE {
  USHORT Size;
  USHORT Version;
  PVOID Context;
  PINTERFACE_REFERENCE InterfaceReference;
  PINTERFACE_DEREFERENCE InterfaceDereference;
} INTERFACE, *PINTERFACE;

typedef struct _DEVICE_CAPABILITIES* PDEVICE_CAPABILITIES;
typedef struct _CM_RESOURCE_LIST* PCM_RESOURCE_LIST;
typedef struct _IO_RESOURCE_REQUIREMENTS_LIST* PIO_RESOURCE_REQUIREMENTS_LIST;

// What IRP_MJ_PNP carries, by minor code: the same in IO_STACK_LOCATION and FLT_PARAMETERS.
#define WDK_PNP_PARAMETERS                                             \
  struct {                                                             \
    PCM_RESOURCE_LIST AllocatedResources;                              \
    PCM_RESOURCE_LIST AllocatedResourcesTranslated;                    \
  } StartDevice;                                                       \
  struct {                                                             \
    DEVICE_RELATION_TYPE Type;                                         \
  } QueryDeviceRelations;                                              \
  struct {                                                             \
    CONST GUID* InterfaceType;                                         \
    USHORT Size;                                                       \
    USHORT Version;                                                    \
    PINTERFACE Interface;                                              \
    PVOID InterfaceSpecificData;                                       \
  } QueryInterface;                                                    \
  struct {                                                             \
    PDEVICE_CAPABILITIES Capabilities;                                 \
  } DeviceCapabilities;                                                \
  struct {                                                             \
    PIO_RESOURCE_REQUIREMENTS_LIST IoResourceRequirementList;          \
  } FilterResourceRequirements;                                        \
  struct {                                                             \
    ULONG WhichSpace;                                                  \
    PVOID Buffer;                                                      \
    ULONG Offset;                                                      \
    ULONG __attribute__((aligned(8))) Length;                          \
  } ReadWriteConfig;                                                   \
  struct {                                                             \
    BOOLEAN Lock;                                                      \
  } SetLock;                                                           \
  struct {                                                             \
    BUS_QUERY_ID_TYPE IdType;                                          \
  } QueryId;                                                           \
  struct {                                                             \
    DEVICE_TEXT_TYPE DeviceTextType;                                   \
    ULONG __attribute__((aligned(8))) LocaleId;                        \
  } QueryDeviceText;                                                   \
  struct {                                                             \
    BOOLEAN InPath;                                                    \
    BOOLEAN Reserved[3];                                               \
    DEVICE_USAGE_NOTIFICATION_TYPE __attribute__((aligned(8))) Type;   \
  } UsageNotification
