//! The tables as Diesel sees them. Columns that only SQL of our own touches are listed too, so that this is the whole picture.

diesel::table! {
    proxmox_connections (id) {
        id -> Uuid,
        name -> Varchar,
        hosts -> Array<Text>,
        port -> Int4,
        username -> Varchar,
        token_name -> Varchar,
        token_value -> Nullable<Bytea>,
        verify_tls -> Bool,
        fingerprint -> Nullable<Text>,
        enabled -> Bool,
        cluster_name -> Nullable<Varchar>,
        pve_version -> Nullable<Varchar>,
        quorate -> Nullable<Bool>,
        last_success_at -> Nullable<Timestamptz>,
        collected_at -> Nullable<Timestamptz>,
        last_error -> Nullable<Text>,
        last_error_code -> Nullable<Varchar>,
        last_error_since -> Nullable<Timestamptz>,
        warning -> Nullable<Text>,
        created_at -> Timestamptz,
        updated_at -> Timestamptz,
        managed -> Bool,
        revision -> Int4,
    }
}

diesel::table! {
    nodes (id) {
        id -> Uuid,
        connection_id -> Uuid,
        hostname -> Varchar,
        ip_address -> Nullable<Varchar>,
        provider -> Varchar,
        status -> Varchar,
        cpu_cores -> Int4,
        memory_total_mb -> Int4,
        disk_total_gb -> Int4,
        proxmox_node_name -> Varchar,
        metadata -> Jsonb,
        last_seen_at -> Nullable<Timestamptz>,
        missed_syncs -> Int2,
        gone_at -> Nullable<Timestamptz>,
        created_at -> Timestamptz,
        updated_at -> Timestamptz,
    }
}

diesel::table! {
    vms (id) {
        id -> Uuid,
        connection_id -> Uuid,
        node_id -> Uuid,
        vmid -> Int4,
        name -> Varchar,
        status -> Varchar,
        status_detail -> Nullable<Text>,
        status_confirmed_at -> Nullable<Timestamptz>,
        #[sql_name = "type"]
        kind -> Varchar,
        cpu_cores -> Float8,
        memory_mb -> Int4,
        disk_gb -> Float8,
        ip_address -> Nullable<Varchar>,
        os_type -> Nullable<Varchar>,
        tags -> Array<Text>,
        template -> Bool,
        locked -> Nullable<Varchar>,
        config -> Jsonb,
        config_read_at -> Nullable<Timestamptz>,
        birthmark -> Nullable<Jsonb>,
        missed_syncs -> Int2,
        gone_at -> Nullable<Timestamptz>,
        created_at -> Timestamptz,
        updated_at -> Timestamptz,
    }
}

diesel::table! {
    proxmox_storages (connection_id, node, name) {
        connection_id -> Uuid,
        node -> Varchar,
        name -> Varchar,
        shared -> Bool,
        available -> Bool,
        used_bytes -> Nullable<Int8>,
        total_bytes -> Nullable<Int8>,
        updated_at -> Timestamptz,
    }
}

diesel::table! {
    guest_insides (vm_id) {
        vm_id -> Uuid,
        agent -> Nullable<Varchar>,
        failures -> Int2,
        due_at -> Timestamptz,
        disk_used_bytes -> Nullable<Int8>,
        disk_total_bytes -> Nullable<Int8>,
        disk_read_at -> Nullable<Timestamptz>,
    }
}

diesel::table! {
    audit_logs (id) {
        id -> Uuid,
        actor -> Varchar,
        action -> Varchar,
        resource_type -> Varchar,
        resource_id -> Uuid,
        details -> Jsonb,
        outcome -> Varchar,
        request_id -> Nullable<Varchar>,
        ip_address -> Varchar,
        timestamp -> Timestamptz,
    }
}

diesel::table! {
    tasks (id) {
        id -> Uuid,
        connection_id -> Uuid,
        vm_id -> Uuid,
        vmid -> Int4,
        node -> Varchar,
        action -> Varchar,
        upid -> Nullable<Varchar>,
        status -> Varchar,
        exit_status -> Nullable<Text>,
        progress -> Nullable<Int2>,
        worker_ended_at -> Nullable<Timestamptz>,
        actor -> Varchar,
        audit_id -> Uuid,
        started_at -> Timestamptz,
        finished_at -> Nullable<Timestamptz>,
        sender -> Nullable<Uuid>,
    }
}

diesel::table! {
    events (draft) {
        draft -> Int8,
        id -> Nullable<Int8>,
        #[sql_name = "type"]
        kind -> Varchar,
        deleted -> Bool,
        at -> Timestamptz,
        data -> Text,
    }
}

diesel::table! {
    idempotency_keys (key) {
        key -> Varchar,
        fingerprint -> Text,
        status -> Nullable<Int2>,
        body -> Nullable<Text>,
        task_id -> Nullable<Uuid>,
        created_at -> Timestamptz,
    }
}

diesel::table! {
    metric_series (id) {
        id -> Int4,
        source_type -> Varchar,
        source_id -> Uuid,
        metric_name -> Varchar,
        unit -> Varchar,
    }
}

diesel::table! {
    metric_samples (series_id, ts) {
        series_id -> Int4,
        ts -> Timestamptz,
        value -> Float8,
    }
}

diesel::table! {
    metric_latest (source_id) {
        source_id -> Uuid,
        source_type -> Varchar,
        connection_id -> Nullable<Uuid>,
        observed_at -> Timestamptz,
        cpu_usage -> Nullable<Float8>,
        memory_usage -> Nullable<Float8>,
        disk_usage -> Nullable<Float8>,
        network_in -> Nullable<Float8>,
        network_out -> Nullable<Float8>,
        uptime_seconds -> Nullable<Int8>,
        memory_used_mb -> Nullable<Int8>,
        memory_source -> Nullable<Varchar>,
        disk_used_gb -> Nullable<Float8>,
        network_in_total -> Nullable<Int8>,
        network_out_total -> Nullable<Int8>,
    }
}

diesel::table! {
    alert_rules (id) {
        id -> Uuid,
        name -> Varchar,
        description -> Text,
        metric_name -> Varchar,
        condition -> Varchar,
        threshold -> Float8,
        duration_seconds -> Int4,
        severity -> Varchar,
        enabled -> Bool,
        notification_channels -> Array<Text>,
        source_type -> Nullable<Varchar>,
        source_id -> Nullable<Uuid>,
        clear_threshold -> Nullable<Float8>,
        clear_duration_seconds -> Int4,
        on_missing -> Varchar,
        repeat_interval_seconds -> Nullable<Int4>,
        version -> Int4,
        created_at -> Timestamptz,
        updated_at -> Timestamptz,
    }
}

diesel::table! {
    alerts (id) {
        id -> Uuid,
        rule_id -> Nullable<Uuid>,
        evaluated_as -> Uuid,
        kind -> Varchar,
        source_type -> Varchar,
        source_id -> Uuid,
        source_name -> Nullable<Varchar>,
        metric_name -> Nullable<Varchar>,
        severity -> Varchar,
        status -> Varchar,
        title -> Varchar,
        description -> Text,
        value -> Nullable<Float8>,
        resolution -> Nullable<Varchar>,
        note -> Nullable<Text>,
        stale -> Bool,
        silenced -> Bool,
        inhibited -> Bool,
        flapping -> Bool,
        started_at -> Timestamptz,
        fired_at -> Timestamptz,
        acknowledged_at -> Nullable<Timestamptz>,
        acknowledged_by -> Nullable<Varchar>,
        resolved_at -> Nullable<Timestamptz>,
    }
}

diesel::table! {
    alert_states (rule_id, source_id, source_type) {
        rule_id -> Uuid,
        source_type -> Varchar,
        source_id -> Uuid,
        state -> Jsonb,
    }
}

diesel::table! {
    alert_cursors (scope_id) {
        scope_id -> Uuid,
        evaluated_until -> Timestamptz,
    }
}

diesel::table! {
    alert_rules_evaluated (rule_id) {
        rule_id -> Uuid,
        definition -> Jsonb,
    }
}

diesel::table! {
    silences (id) {
        id -> Uuid,
        source_type -> Nullable<Varchar>,
        source_id -> Nullable<Uuid>,
        rule_id -> Nullable<Uuid>,
        reason -> Text,
        created_by -> Varchar,
        starts_at -> Timestamptz,
        ends_at -> Timestamptz,
        created_at -> Timestamptz,
    }
}

diesel::table! {
    notification_channels (id) {
        id -> Uuid,
        name -> Varchar,
        kind -> Varchar,
        settings -> Jsonb,
        secret -> Nullable<Bytea>,
        enabled -> Bool,
        last_success_at -> Nullable<Timestamptz>,
        failed_since -> Nullable<Timestamptz>,
        last_error -> Nullable<Jsonb>,
        gave_up -> Bool,
        not_before -> Nullable<Timestamptz>,
        leased_until -> Nullable<Timestamptz>,
        lease_holder -> Nullable<Uuid>,
        created_at -> Timestamptz,
        updated_at -> Timestamptz,
    }
}

diesel::table! {
    notification_deliveries (id) {
        id -> Uuid,
        position -> Int8,
        alert_id -> Nullable<Uuid>,
        event -> Varchar,
        sequence -> Int4,
        channel_id -> Nullable<Uuid>,
        channel -> Varchar,
        group_key -> Nullable<Varchar>,
        facts -> Jsonb,
        state -> Varchar,
        reason -> Nullable<Text>,
        message_id -> Nullable<Uuid>,
        attempts -> Int4,
        in_flight -> Bool,
        uncertain -> Bool,
        last_error -> Nullable<Jsonb>,
        created_at -> Timestamptz,
        queued_at -> Timestamptz,
        next_attempt_at -> Nullable<Timestamptz>,
        finished_at -> Nullable<Timestamptz>,
    }
}

diesel::table! {
    services (id) {
        id -> Uuid,
        name -> Varchar,
        description -> Text,
        #[sql_name = "type"]
        kind -> Varchar,
        health_check_url -> Nullable<Varchar>,
        vm_id -> Nullable<Uuid>,
        namespace -> Nullable<Varchar>,
        metadata -> Jsonb,
        enabled -> Bool,
        expected_status -> Text,
        body_contains -> Nullable<Text>,
        timeout_seconds -> Int4,
        retries -> Int4,
        degraded_above_ms -> Nullable<Int4>,
        certificate_warning_days -> Int4,
        verify_tls -> Bool,
        status -> Varchar,
        status_reason -> Nullable<Text>,
        status_since -> Timestamptz,
        failures -> Int4,
        failing_since -> Nullable<Timestamptz>,
        last_error -> Nullable<Text>,
        last_health_check -> Nullable<Timestamptz>,
        response_time_ms -> Nullable<Float8>,
        certificate_expires_at -> Nullable<Timestamptz>,
        version -> Int8,
        created_at -> Timestamptz,
        updated_at -> Timestamptz,
    }
}

diesel::table! {
    service_status_changes (service_id, since) {
        service_id -> Uuid,
        since -> Timestamptz,
        status -> Varchar,
        reason -> Nullable<Text>,
    }
}

diesel::allow_tables_to_appear_in_same_query!(
    alert_rules,
    alerts,
    proxmox_connections,
    nodes,
    vms,
    guest_insides,
    services,
    audit_logs,
    tasks,
    metric_series,
    metric_latest,
    notification_channels,
    notification_deliveries
);
diesel::joinable!(nodes -> proxmox_connections (connection_id));
diesel::joinable!(vms -> proxmox_connections (connection_id));
diesel::joinable!(services -> vms (vm_id));
diesel::joinable!(vms -> nodes (node_id));
diesel::joinable!(guest_insides -> vms (vm_id));
diesel::joinable!(tasks -> proxmox_connections (connection_id));
diesel::joinable!(tasks -> vms (vm_id));
diesel::joinable!(alerts -> alert_rules (rule_id));
diesel::joinable!(notification_deliveries -> notification_channels (channel_id));
