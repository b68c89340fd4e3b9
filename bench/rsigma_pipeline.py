#!/usr/bin/env python3
"""Write a processing pipeline that gives rsigma what its own pipelines leave out on Windows events.

    rsigma_pipeline.py >channels.yml

rsigma's `sysmon` pipeline adds to a rule of a Sysmon category the number of its event, but not the
channel, so that event 1 of any provider is a process creation, and a rule for a service is tried on
every event. Here is the best that can be done for it with a pipeline: the channel for each category
and service of the Sigma taxonomy, and the event numbers of PowerShell's categories. What a pipeline
cannot say - a category that is *either* Sysmon's event 1 *or* Security's 4688 under other field
names - stays out.
"""

SYSMON = "Microsoft-Windows-Sysmon/Operational"
SYSMON_CATEGORIES = """
    process_creation file_change network_connection sysmon_status process_termination driver_load
    image_load create_remote_thread raw_access_thread process_access file_event registry_event
    registry_add registry_delete registry_set registry_rename create_stream_hash pipe_created
    wmi_event dns_query file_delete clipboard_capture process_tampering file_delete_detected
    file_block_executable file_block_shredding file_executable_detected sysmon_error
""".split()

POWERSHELL = ["Microsoft-Windows-PowerShell/Operational", "PowerShellCore/Operational"]
CLASSIC = ["Windows PowerShell"]

# category: (channels, event numbers)
CATEGORIES = {
    "ps_module": (POWERSHELL, [4103]),
    "ps_script": (POWERSHELL, [4104]),
    "ps_classic_start": (CLASSIC, [400]),
    "ps_classic_provider_start": (CLASSIC, [600]),
    "ps_classic_script": (CLASSIC, [800]),
    "file_access": (["Microsoft-Windows-Kernel-File/Analytic"], []),
    "file_rename": (["Microsoft-Windows-Kernel-File/Analytic"], []),
}

SERVICES = {
    "application": ["Application"],
    "applocker": ["Microsoft-Windows-AppLocker/MSI and Script",
                  "Microsoft-Windows-AppLocker/EXE and DLL",
                  "Microsoft-Windows-AppLocker/Packaged app-Deployment",
                  "Microsoft-Windows-AppLocker/Packaged app-Execution"],
    "appmodel-runtime": ["Microsoft-Windows-AppModel-Runtime/Admin"],
    "appxdeployment-server": ["Microsoft-Windows-AppXDeploymentServer/Operational"],
    "appxpackaging-om": ["Microsoft-Windows-AppxPackaging/Operational"],
    "bits-client": ["Microsoft-Windows-Bits-Client/Operational"],
    "capi2": ["Microsoft-Windows-CAPI2/Operational"],
    "certificateservicesclient-lifecycle-system":
        ["Microsoft-Windows-CertificateServicesClient-Lifecycle-System/Operational"],
    "codeintegrity-operational": ["Microsoft-Windows-CodeIntegrity/Operational"],
    "diagnosis-scripted": ["Microsoft-Windows-Diagnosis-Scripted/Operational"],
    "dns-client": ["Microsoft-Windows-DNS-Client/Operational"],
    "dns-server": ["DNS Server"],
    "driver-framework": ["Microsoft-Windows-DriverFrameworks-UserMode/Operational"],
    "firewall-as": ["Microsoft-Windows-Windows Firewall With Advanced Security/Firewall"],
    "iis-configuration": ["Microsoft-IIS-Configuration/Operational"],
    "ldap": ["Microsoft-Windows-LDAP-Client/Debug"],
    "lsa-server": ["Microsoft-Windows-LSA/Operational"],
    "microsoft-servicebus-client": ["Microsoft-ServiceBus-Client"],
    "msexchange-management": ["MSExchange Management"],
    "ntlm": ["Microsoft-Windows-NTLM/Operational"],
    "openssh": ["OpenSSH/Operational"],
    "powershell": POWERSHELL,
    "powershell-classic": CLASSIC,
    "security": ["Security"],
    "security-mitigations": ["Microsoft-Windows-Security-Mitigations/Kernel Mode",
                             "Microsoft-Windows-Security-Mitigations/User Mode"],
    "shell-core": ["Microsoft-Windows-Shell-Core/Operational"],
    "smbclient-security": ["Microsoft-Windows-SmbClient/Security"],
    "smbserver-connectivity": ["Microsoft-Windows-SMBServer/Connectivity"],
    "sysmon": [SYSMON],
    "system": ["System"],
    "taskscheduler": ["Microsoft-Windows-TaskScheduler/Operational"],
    "terminalservices-localsessionmanager":
        ["Microsoft-Windows-TerminalServices-LocalSessionManager/Operational"],
    "windefend": ["Microsoft-Windows-Windows Defender/Operational"],
    "wmi": ["Microsoft-Windows-WMI-Activity/Operational"],
}


def transformation(kind, name, channels, numbers):
    print(f"  - id: canh_{kind}_{name.replace('-', '_')}")
    print("    type: add_condition")
    print("    conditions:")
    print(f"      Channel: {channels}")
    if numbers:
        print(f"      EventID: {numbers}")
    print("    rule_conditions:")
    print(f"      - {{type: logsource, product: windows, {kind}: {name}}}")


def main():
    print("name: channels\npriority: 5\ntransformations:")
    for name in SYSMON_CATEGORIES:
        transformation("category", name, [SYSMON], [])
    for name, (channels, numbers) in CATEGORIES.items():
        transformation("category", name, channels, numbers)
    for name, channels in SERVICES.items():
        transformation("service", name, channels, [])


if __name__ == "__main__":
    main()
