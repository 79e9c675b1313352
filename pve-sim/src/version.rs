//! The releases the simulator can imitate, and what sets them apart.

/// A release of Proxmox VE.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum PveVersion {
    /// 7.4, without texts in error bodies and with numbers as text.
    V7_4,
    /// 8.4, the last of its line.
    V8_4,
    /// 9.1.
    #[default]
    V9_1,
}

/// What a release is made of.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Parts {
    /// `pve-manager`, as `/version` tells it.
    pub(crate) manager: &'static str,
    /// The commit it was built from.
    pub(crate) repository_id: &'static str,
    pub(crate) kernel: &'static str,
    pub(crate) kernel_build: &'static str,
    pub(crate) qemu: &'static str,
}

impl PveVersion {
    /// Every release, oldest first.
    pub const ALL: [Self; 3] = [Self::V7_4, Self::V8_4, Self::V9_1];

    /// The release as people write it, for example `8.4`.
    pub fn name(self) -> &'static str {
        match self {
            Self::V7_4 => "7.4",
            Self::V8_4 => "8.4",
            Self::V9_1 => "9.1",
        }
    }

    /// The release of that name; `None` when it is not one of [`PveVersion::ALL`].
    pub fn parse(name: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|version| version.name() == name)
    }

    pub(crate) fn parts(self) -> Parts {
        match self {
            Self::V7_4 => Parts {
                manager: "7.4-16",
                repository_id: "0f39f621",
                kernel: "5.15.108-1-pve",
                kernel_build: "#1 SMP PVE 5.15.108-2 (2023-07-20T10:06Z)",
                qemu: "7.2.0",
            },
            Self::V8_4 => Parts {
                manager: "8.4.1",
                repository_id: "2a2fa54b8503f96c",
                kernel: "6.8.12-9-pve",
                kernel_build: "#1 SMP PREEMPT_DYNAMIC PMX 6.8.12-9 (2025-03-16T19:18Z)",
                qemu: "9.2.0",
            },
            Self::V9_1 => Parts {
                manager: "9.1.7",
                repository_id: "0307225d4bc8b3ed",
                kernel: "6.17.4-2-pve",
                kernel_build: "#1 SMP PREEMPT_DYNAMIC PMX 6.17.4-2 (2025-12-19T07:49Z)",
                qemu: "10.1.2",
            },
        }
    }

    /// The second word of `running-machine`, for example `10.1`.
    pub(crate) fn machine(self) -> &'static str {
        let qemu = self.parts().qemu;
        qemu.rsplit_once('.').map_or(qemu, |(machine, _)| machine)
    }

    /// `memhost`, `pressure…` and available memory came with 9.
    pub(crate) fn has_new_figures(self) -> bool {
        match self {
            Self::V7_4 | Self::V8_4 => false,
            Self::V9_1 => true,
        }
    }

    /// Whether what came with 8.1 and 8.2 is there: interfaces of containers, exported metrics, the kernel in the
    /// status of nodes, zones in the big list, `overrule-shutdown`, the memory of virtual machines as text, and the
    /// numbers of containers as numbers.
    pub(crate) fn is_8_2_or_later(self) -> bool {
        match self {
            Self::V7_4 => false,
            Self::V8_4 | Self::V9_1 => true,
        }
    }

    /// Since pve-http-server 5.2.0 the body of an error repeats the text of its status line.
    pub(crate) fn has_messages(self) -> bool {
        match self {
            Self::V7_4 => false,
            Self::V8_4 | Self::V9_1 => true,
        }
    }

    /// Since 9.1.5 a refused token is not told what is wrong with it.
    pub(crate) fn conceals_refusals(self) -> bool {
        match self {
            Self::V7_4 | Self::V8_4 => false,
            Self::V9_1 => true,
        }
    }

    /// Each of these suffices to ask a guest agent.
    pub(crate) fn agent_privileges(self) -> &'static [&'static str] {
        match self {
            Self::V7_4 | Self::V8_4 => &["VM.Monitor"],
            Self::V9_1 => &["VM.GuestAgent.Audit", "VM.GuestAgent.Unrestricted"],
        }
    }
}
