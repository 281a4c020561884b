// Written by `npm run types` from docs/openapi.json.

export interface paths {
    "/api/v1/audit": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        /**
         * Show the audit. A record appears about a second after its command. A node that was brought up by a snapshot begins
         *     with the first record that it has, and what is kept for a time only is gone after it. A page of what is rare may have
         *     fewer records than asked for, or none, and yet say where to go on: a call looks at a bounded number of them. `size`
         *     and `root` are the ledger's own: they may count records that have yet to appear.
         */
        get: operations["list_audit"];
        put?: never;
        post?: never;
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/api/v1/branding": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        /** Show how the vendor wants to be seen. It answers without a login, and also when no quorum is left. */
        get: operations["get_branding"];
        /** Say how the vendor wants to be seen. */
        put: operations["set_branding"];
        post?: never;
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/api/v1/cluster": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        /** Show the cluster. */
        get: operations["get_cluster"];
        put?: never;
        post?: never;
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/api/v1/cluster/join-tokens": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        /** List join tokens, in id order, the used ones too. */
        get: operations["list_join_tokens"];
        put?: never;
        /** Make a join token. Its secret is in this answer and nowhere else. */
        post: operations["create_join_token"];
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/api/v1/cluster/nodes/{id}": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        /** Ask a node of itself: its version, its disk, its clock and its certificate. It answers also when no quorum is left. */
        get: operations["get_node"];
        put?: never;
        post?: never;
        /**
         * Remove a node for good. Its number is never used again; to come back it joins anew. Refused if the cluster would stop
         *     answering without it.
         */
        delete: operations["remove_node"];
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/api/v1/cluster/transfer": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        get?: never;
        put?: never;
        /** Hand the lead to another node. Whichever node is asked, the one that leads does it. */
        post: operations["transfer_lead"];
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/api/v1/customers": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        /** List customers, in id order or as it is asked for. */
        get: operations["list_customers"];
        put?: never;
        /** Create a customer. */
        post: operations["create_customer"];
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/api/v1/customers/{id}": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        /** Read a customer. */
        get: operations["get_customer"];
        put?: never;
        post?: never;
        delete?: never;
        options?: never;
        head?: never;
        /** Change a customer. */
        patch: operations["change_customer"];
        trace?: never;
    };
    "/api/v1/identity-providers": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        /** List identity providers, in id order. */
        get: operations["list_identity_providers"];
        put?: never;
        /** Add an identity provider. People sign in by it, its tokens say who asks for a seat, or both. */
        post: operations["create_identity_provider"];
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/api/v1/identity-providers/{id}": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        /** Read an identity provider. */
        get: operations["get_identity_provider"];
        put?: never;
        post?: never;
        /** Remove an identity provider. Everybody who could sign in by it is signed out. */
        delete: operations["remove_identity_provider"];
        options?: never;
        head?: never;
        /** Change an identity provider. */
        patch: operations["change_identity_provider"];
        trace?: never;
    };
    "/api/v1/licenses": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        /** List licenses, in id order or as it is asked for. */
        get: operations["list_licenses"];
        put?: never;
        /** Create a license. Its key is in this answer and nowhere else. */
        post: operations["create_license"];
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/api/v1/licenses/acquire": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        get?: never;
        put?: never;
        /** Take a seat. */
        post: operations["acquire_seat"];
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/api/v1/licenses/heartbeat": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        get?: never;
        /** Keep a seat: the answer is acquire's, with a fresh token. */
        put: operations["keep_seat"];
        post?: never;
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/api/v1/licenses/heartbeats": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        get?: never;
        /** Keep many seats. Each session is answered for itself. */
        put: operations["keep_seats"];
        post?: never;
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/api/v1/licenses/release": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        get?: never;
        put?: never;
        /** Give a seat back, for clients whose DELETE loses its body on the way. */
        post: operations["release_seat_by_post"];
        /** Give a seat back. Doing so again changes nothing and is no error. */
        delete: operations["release_seat"];
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/api/v1/licenses/{id}": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        /** Read a license. */
        get: operations["get_license"];
        put?: never;
        post?: never;
        delete?: never;
        options?: never;
        head?: never;
        /** Change a license's plan, seats or entitlements. */
        patch: operations["change_license"];
        trace?: never;
    };
    "/api/v1/licenses/{id}/analytics/duration-curve": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        /** Show for which share of the time so many seats or more were in use. */
        get: operations["get_duration_curve"];
        put?: never;
        post?: never;
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/api/v1/licenses/{id}/analytics/forecast": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        /** Show when the seats will not be enough any more, if things go on as they do. */
        get: operations["get_forecast"];
        put?: never;
        post?: never;
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/api/v1/licenses/{id}/analytics/heat-map": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        /** Show which hours of the week are busy. */
        get: operations["get_heat_map"];
        put?: never;
        post?: never;
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/api/v1/licenses/{id}/analytics/idle": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        /** Show how many seats were never needed. */
        get: operations["get_idle_seats"];
        put?: never;
        post?: never;
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/api/v1/licenses/{id}/analytics/peaks": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        /** Show the exact peak of each hour, with the seats that could be held and the refusals. */
        get: operations["get_peaks"];
        put?: never;
        post?: never;
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/api/v1/licenses/{id}/analytics/versions": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        /** Show which versions of the application hold seats now. The history does not keep them. */
        get: operations["get_versions"];
        put?: never;
        post?: never;
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/api/v1/licenses/{id}/analytics/what-if": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        /**
         * Show how many refusals would not have happened with more seats: the recorded history once more, through the ledger's
         *     own rules.
         */
        get: operations["get_what_if"];
        put?: never;
        post?: never;
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/api/v1/licenses/{id}/assign": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        get?: never;
        put?: never;
        /** Assign a seat to whoever has an address, also before they ever sign in. Assigned again, it stays as it is. */
        post: operations["assign_seat"];
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/api/v1/licenses/{id}/assignments": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        /** List the seats of a license that are assigned by name, in the order of their holders or as it is asked for. */
        get: operations["list_assignments"];
        put?: never;
        post?: never;
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/api/v1/licenses/{id}/extend": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        get?: never;
        put?: never;
        /** Move a license's end, either way. */
        post: operations["extend_license"];
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/api/v1/licenses/{id}/reinstate": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        get?: never;
        put?: never;
        /** Take a license off hold. */
        post: operations["reinstate_license"];
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/api/v1/licenses/{id}/revoke": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        get?: never;
        put?: never;
        /** End a license for good. Live sessions go on until their next heartbeat. */
        post: operations["revoke_license"];
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/api/v1/licenses/{id}/rotate-key": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        get?: never;
        put?: never;
        /** Give a license a new key. The old one ends at once; live sessions go on. */
        post: operations["rotate_license_key"];
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/api/v1/licenses/{id}/suspend": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        get?: never;
        put?: never;
        /** Put a license on hold. Live sessions go on until their next heartbeat. */
        post: operations["suspend_license"];
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/api/v1/licenses/{id}/unassign": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        get?: never;
        put?: never;
        /**
         * Take an assigned seat away. The sessions that are held by it end at once; their clients learn of it, and why, at their
         *     next heartbeat.
         */
        post: operations["unassign_seat"];
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/api/v1/licenses/{id}/usage": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        /**
         * Show a license's hours in their order, those without any use left out. An hour that has just passed may be missing
         *     for a second.
         */
        get: operations["get_usage"];
        put?: never;
        post?: never;
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/api/v1/logins": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        /** List one's own logins. */
        get: operations["list_logins"];
        put?: never;
        /**
         * Sign in. The answer says who it is and sets a cookie, `__Host-usher_login` over TLS and `usher_login` over plain HTTP on
         *     this machine, which the calls of a browser carry from then on.
         */
        post: operations["sign_in"];
        /** Sign out everywhere: every login of the caller ends, this one too. */
        delete: operations["sign_out_everywhere"];
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/api/v1/logins/current": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        get?: never;
        put?: never;
        post?: never;
        /** Sign out: the login that this call was made with ends. */
        delete: operations["sign_out"];
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/api/v1/logins/{id}": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        get?: never;
        put?: never;
        post?: never;
        /** End one of one's own logins. */
        delete: operations["end_login"];
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/api/v1/me": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        /** Say who calls: the person who is signed in, or the API token. */
        get: operations["get_me"];
        put?: never;
        post?: never;
        delete?: never;
        options?: never;
        head?: never;
        /** Change one's own name. */
        patch: operations["change_me"];
        trace?: never;
    };
    "/api/v1/me/login-codes": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        get?: never;
        put?: never;
        /** Allow a program on one's own machine to get a user token: it is given a code. */
        post: operations["create_login_code"];
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/api/v1/me/password": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        get?: never;
        /** Choose another password. Every other login of the caller ends. */
        put: operations["change_password"];
        post?: never;
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/api/v1/me/sessions/{id}/revoke": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        get?: never;
        put?: never;
        /**
         * End a session that was granted to oneself: one's user token, or an identity provider's token of an account that is
         *     known to be oneself, was shown for it. Whoever left an application running somewhere frees its seat.
         */
        post: operations["revoke_own_session"];
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/api/v1/me/totp": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        get?: never;
        put?: never;
        /** Set up a second factor. */
        post: operations["set_up_totp"];
        /** Put the second factor away. */
        delete: operations["remove_totp"];
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/api/v1/me/user-tokens": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        get?: never;
        put?: never;
        /** Make a user token for oneself: what an application sends as `jwt_token`. */
        post: operations["create_user_token"];
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/api/v1/openapi.json": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        /** This document. */
        get: operations["get_openapi"];
        put?: never;
        post?: never;
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/api/v1/people": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        /** List people, in id order or as it is asked for. */
        get: operations["list_people"];
        put?: never;
        /** Add a person. The link by which they choose a password is in this answer and nowhere else. */
        post: operations["create_person"];
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/api/v1/people/{id}": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        /** Read a person. */
        get: operations["get_person"];
        put?: never;
        post?: never;
        /** Remove a person: they cannot sign in any more, and what they did stays on record under their id. */
        delete: operations["remove_person"];
        options?: never;
        head?: never;
        /** Change a person. The last owner who can sign in stays an owner. */
        patch: operations["change_person"];
        trace?: never;
    };
    "/api/v1/people/{id}/identities": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        get?: never;
        put?: never;
        post?: never;
        /**
         * Forget which accounts of identity providers a person is, for somebody whose account there is another one now. They are
         *     signed out; the next sign-in finds them by their address again.
         */
        delete: operations["unlink_identities"];
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/api/v1/people/{id}/invitation": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        get?: never;
        put?: never;
        /**
         * Give a person a new link by which they choose a password: the first one has expired, or they forgot what they chose.
         *     Former links end; the password stays until the link is used.
         */
        post: operations["invite_person"];
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/api/v1/people/{id}/logins": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        get?: never;
        put?: never;
        post?: never;
        /** End every login of a person: they have to sign in again. */
        delete: operations["end_logins"];
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/api/v1/plans": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        /** List plans, in id order. */
        get: operations["list_plans"];
        put?: never;
        /** Create a plan. */
        post: operations["create_plan"];
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/api/v1/plans/{id}": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        /** Read a plan. */
        get: operations["get_plan"];
        put?: never;
        post?: never;
        delete?: never;
        options?: never;
        head?: never;
        /** Change a plan. */
        patch: operations["change_plan"];
        trace?: never;
    };
    "/api/v1/products": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        /** List products, in id order. */
        get: operations["list_products"];
        put?: never;
        /** Create a product. */
        post: operations["create_product"];
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/api/v1/products/{id}": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        /** Read a product. */
        get: operations["get_product"];
        put?: never;
        post?: never;
        delete?: never;
        options?: never;
        head?: never;
        /** Change a product. */
        patch: operations["change_product"];
        trace?: never;
    };
    "/api/v1/refusals": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        /**
         * List refusals, the latest first. What one holder repeated within ten minutes is one item. A page may be short where
         *     few of many records are wanted.
         */
        get: operations["list_refusals"];
        put?: never;
        post?: never;
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/api/v1/refusals/explain": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        get?: never;
        put?: never;
        /** Explain a refusal to whoever met it, by the link that it carried. No account is needed. */
        post: operations["explain_refusal"];
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/api/v1/refusals/{id}": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        /** Explain a refusal. */
        get: operations["get_refusal"];
        put?: never;
        post?: never;
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/api/v1/retention": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        /** Show for how long history is kept. */
        get: operations["get_retention"];
        /**
         * Say for how long history is kept. What is older is dropped for good, from a day after the change on: until then it can be
         *     taken back. Said again as it is, it stays as it is. Changes of the catalogue, of people and of the cluster stay on record
         *     for ever.
         */
        put: operations["set_retention"];
        post?: never;
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/api/v1/sessions": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        /** List live sessions, in the order of their grants; those of one license, in the order of their holders. */
        get: operations["list_sessions"];
        put?: never;
        post?: never;
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/api/v1/sessions/stream": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        /**
         * Watch sessions: a stream of server-sent events. `ready` comes first; what is listed after it misses nothing. Then
         *     `changes` with those that were granted, have beaten or have ended, and `anew` where the list has to be read again. It
         *     ends after a while, with the login, and as the node shuts down.
         */
        get: operations["stream_sessions"];
        put?: never;
        post?: never;
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/api/v1/sessions/{id}": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        /** Read a session, live or ended within the last minutes. */
        get: operations["get_session"];
        put?: never;
        post?: never;
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/api/v1/sessions/{id}/revoke": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        get?: never;
        put?: never;
        /** End a session. Its client learns of it, and why, at its next heartbeat. */
        post: operations["revoke_session"];
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/api/v1/setup": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        get?: never;
        put?: never;
        /** Use a set-up or invitation link: choose a password. The link is used up by it. Then sign in. */
        post: operations["set_up"];
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/api/v1/sign-in/callback": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        /** Come back from an identity provider. Only a browser that began here can. */
        get: operations["finish_sign_in"];
        put?: never;
        post?: never;
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/api/v1/sign-in/providers": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        /** List the identity providers by which people sign in. */
        get: operations["list_sign_in_providers"];
        put?: never;
        post?: never;
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/api/v1/sign-in/start": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        /** Begin to sign in by an identity provider: a browser is sent there. */
        get: operations["start_sign_in"];
        put?: never;
        post?: never;
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/api/v1/summary": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        /** Show the business at a glance. */
        get: operations["get_summary"];
        put?: never;
        post?: never;
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/api/v1/tokens": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        /** List API tokens, in id order, the revoked ones too. */
        get: operations["list_tokens"];
        put?: never;
        /** Make an API token. Its secret is in this answer and nowhere else. */
        post: operations["create_token"];
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/api/v1/tokens/{id}": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        /** Read an API token, without its secret. */
        get: operations["get_token"];
        put?: never;
        post?: never;
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/api/v1/tokens/{id}/revoke": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        get?: never;
        put?: never;
        /** End an API token. Doing so again changes nothing. */
        post: operations["revoke_token"];
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/api/v1/user-tokens": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        get?: never;
        put?: never;
        /** Get a user token for a code of the console, with the secret that it was given for. */
        post: operations["redeem_login_code"];
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
}
export type webhooks = Record<string, never>;
export interface components {
    schemas: {
        /** @description What every figure begins with. */
        AboutFigure: {
            /** @description Whether this node has the whole history of the period that was asked for. */
            complete: boolean;
            /** @description The beginning of the period, which is not before the license's, nor before what is kept. */
            from: components["schemas"]["Timestamp"];
            kept_from?: components["schemas"]["Timestamp"] | null;
            license: components["schemas"]["LicenseId"];
            /** @description The moment behind its end. */
            to: components["schemas"]["Timestamp"];
        };
        /** @description Asks for a seat. */
        AcquireRequest: {
            client?: components["schemas"]["ClientBody"] | null;
            /** @description The client's fingerprint: what the seat is counted for. */
            hardware_id: components["schemas"]["HardwareId"];
            jwt_token?: components["schemas"]["UserToken"] | null;
            /** @description The license key. */
            license_key: components["schemas"]["LicenseKey"];
            replaces?: components["schemas"]["SessionSecret"] | null;
            request_id?: components["schemas"]["RequestName"] | null;
        };
        ApiTokenId: string;
        /** @description A person to whom a seat is assigned. */
        Assignee: {
            id: components["schemas"]["PersonId"];
            name: string;
        };
        /** @description A seat that is assigned by name. */
        Assignment: {
            /** @description When it was assigned. */
            assigned_at: components["schemas"]["Timestamp"];
            /** @description Who assigned it: the id of a person or an API token. */
            assigned_by: string;
            /** @description Their name, if the caller may see them. */
            assigned_by_name?: string | null;
            /** @description Whose it is: whoever a token vouches for this address of. */
            email: string;
            /** @description Who the seat is counted for when it is taken: the `holder` of its sessions. */
            holder: components["schemas"]["HolderKey"];
            person?: components["schemas"]["Assignee"] | null;
            /**
             * Format: int32
             * @description Live sessions that are held by it. They end when it is taken away.
             */
            sessions: number;
        };
        /** @description Whose seat it is. */
        AssignmentRequest: {
            /** @description The address, in any case. */
            email: components["schemas"]["Email"];
        };
        /**
         * @description What assigned seats are sorted by.
         * @enum {string}
         */
        AssignmentSort: "email";
        /** @description What a user's token must be for. */
        Audience: string;
        /** @description Records of the audit. */
        AuditPage: {
            /**
             * @description The hashes that stand for records which were dropped, between the items and before the first: for an offline check.
             *     Only where every record is asked for, the oldest first.
             */
            hashes: components["schemas"]["Subtree"][];
            /** @description The records, in their order. */
            items: components["schemas"]["Record"][];
            kept_from?: components["schemas"]["Timestamp"] | null;
            /**
             * Format: int64
             * @description What to send as `after` for the next page of a list that goes forward; `null` at the end.
             */
            next_after?: number | null;
            /**
             * Format: int64
             * @description What to send as `before` for the next page of a list that goes back; `null` at the beginning.
             */
            next_before?: number | null;
            /** @description The root of their RFC 6962 tree, in hexadecimal. */
            root: string;
            /**
             * Format: int64
             * @description How many records there are, those that were dropped counted.
             */
            size: number;
        };
        /** @description The audit as a whole. */
        AuditTree: {
            root: string;
            /** Format: int64 */
            size: number;
        };
        /** @description The answers, one for each id in order. */
        BatchAnswer: {
            results: components["schemas"]["Beat"][];
        };
        /** @description Names sessions by their secrets. */
        BatchRequest: {
            /** @description At most 10,000 ids that acquire answered. */
            session_ids: components["schemas"]["SessionSecret"][];
            /** @description Whether each success carries a fresh token. */
            tokens?: boolean;
        };
        /** @description The answer for one session. */
        Beat: {
            code?: components["schemas"]["Code"] | null;
            expires_at?: components["schemas"]["Timestamp"] | null;
            /** @description Whether it goes on, with a token if one was asked for. */
            ok: boolean;
            session?: components["schemas"]["SessionName"] | null;
            /** @description A fresh token, if asked for. */
            signed_token?: string | null;
        };
        /** @description What the sign-in page and the portal show of the vendor. */
        Branding: {
            /** @description The colour of buttons and marks, such as `#0b7a5e`. */
            colour?: string | null;
            /** @description The vendor's name for people. */
            name?: string | null;
            /** @description Where customers ask for help: an e-mail address or an `https://` address. */
            support?: string | null;
            /**
             * Format: int32
             * @description Counts its edits, from 1; 0 if it was never set.
             */
            version: number;
        };
        /** @description The hash of a secret that its owner keeps: SHA-256 in base64url (RFC 7636). */
        Challenge: string;
        /** @description What a client says about itself. */
        Client: {
            app?: string | null;
            hostname?: string | null;
            instance?: string | null;
            os?: string | null;
            sdk?: string | null;
            version?: string | null;
        };
        /**
         * @description What a client says about itself: shown to operators, believed by nobody. `instance` also tells holders apart where
         *     the plan counts by it.
         */
        ClientBody: {
            app?: components["schemas"]["ClientText"] | null;
            hostname?: components["schemas"]["ClientText"] | null;
            instance?: components["schemas"]["ClientText"] | null;
            os?: components["schemas"]["ClientText"] | null;
            sdk?: components["schemas"]["ClientText"] | null;
            version?: components["schemas"]["ClientText"] | null;
        };
        /** @description What an identity provider knows this server by. */
        ClientId: string;
        /**
         * Format: password
         * @description The secret that an identity provider knows this server by.
         */
        ClientSecret: string;
        /** @description What a client says about itself. An empty text says nothing. */
        ClientText: string;
        ClusterId: string;
        /** @description The cluster as the answering node sees it. It answers also when no quorum is left. */
        ClusterView: {
            /**
             * Format: int64
             * @description The newest entry that it has applied.
             */
            applied: number;
            /** @description The cluster's clock. */
            at: components["schemas"]["Timestamp"];
            /** @description The audit's records, and the root of their hash tree in hexadecimal. */
            audit: components["schemas"]["AuditTree"];
            /** @description Until when the certificate lets the answering node sign; from then on no seat can be taken. */
            certified_until: components["schemas"]["Timestamp"];
            /**
             * Format: int32
             * @description Which commands the whole cluster understands.
             */
            cluster_version: number;
            id: components["schemas"]["ClusterId"];
            /**
             * Format: int64
             * @description Entries that it has yet to apply.
             */
            lag: number;
            /**
             * Format: int64
             * @description The newest entry of the answering node's log.
             */
            last_log: number;
            /**
             * Format: int64
             * @description The leader that the answering node follows.
             */
            leader?: number | null;
            /**
             * Format: int64
             * @description The node that answers.
             */
            node: number;
            /** @description Every node that was not removed. */
            nodes: components["schemas"]["NodeView"][];
            /**
             * Format: int64
             * @description The newest entry that its snapshot covers.
             */
            snapshot: number;
            /** Format: int64 */
            term: number;
            /** @description How many nodes may still be lost before the cluster stops answering, as its leader sees it; `null` if none tells. */
            tolerance?: number | null;
            /** @description The version of usher that the answering node runs. */
            version: string;
            /** @description Nodes that vote. */
            voters: number;
            /** @description Commands and heartbeats that wait on it. */
            waiting: components["schemas"]["Waiting"];
        };
        /**
         * @description What kind of problem it is. Permanent: match on this, never on texts.
         *
         *     - `INVALID_REQUEST` (400): The request is not one that this API knows; `errors` names what is wrong. Correct it and send it again.
         *     - `UNAUTHENTICATED` (401): The call needs an API token in `Authorization: Bearer usher_…` or a login, and the one shown is missing or not valid.
         *     - `SIGN_IN_REFUSED` (401): The e-mail address, the password or the code is not right, or the account may not sign in: all answer the same.
         *     - `TOTP_REQUIRED` (401): The password is right, and the account has a second factor. Sign in again with its code.
         *     - `TOKEN_INVALID` (401): A token of another kind, such as a join token or a user's `jwt_token`, is not valid; `detail` says why.
         *     - `USER_REQUIRED` (401): The license counts its seats by person, so the call must say who asks.
         *     - `FORBIDDEN` (403): The API token or the login is valid, but its scope or role does not cover the call, or it did not come from a page of this server.
         *     - `LICENSE_NOT_FOUND` (404): No license has this key or id.
         *     - `SESSION_NOT_FOUND` (404): No session has this id, or it ended long ago. Acquire a seat again.
         *     - `NOT_FOUND` (404): Nothing has this id or code.
         *     - `SEAT_LIMIT_REACHED` (409): Every seat is held. Wait for `retry_after`, close the application elsewhere, or buy more seats.
         *     - `GHOST_LIMIT_REACHED` (409): Seats are free, but too many clients may still be running on their offline grace.
         *     - `HOLDER_LIMIT_REACHED` (409): One holder has as many sessions as its plan allows.
         *     - `SEAT_NOT_ASSIGNED` (403): The license's seats are assigned by name, and none to whoever asks. Ask whoever manages the licenses to assign one.
         *     - `SEATS_ALL_ASSIGNED` (409): As many seats are assigned as the license has. Take one from somebody first, or give the license more seats.
         *     - `LICENSE_EXPIRED` (403): The license has ended. Renew it, at `renewal_url` if given.
         *     - `LICENSE_NOT_STARTED` (403): The license has not started yet.
         *     - `LICENSE_SUSPENDED` (403): The license is on hold. Ask its vendor.
         *     - `LICENSE_REVOKED` (403): The license was ended for good. Ask its vendor.
         *     - `SESSION_EXPIRED` (410): The session got no heartbeat in time and its seat was freed. Acquire again.
         *     - `SESSION_REVOKED` (410): An operator ended the session, or its license ended.
         *     - `SESSION_RELEASED` (410): The session was given back by its client. Acquire again with a new `request_id`.
         *     - `INVITATION_INVALID` (410): The link by which a password is chosen is not known, was used, or has expired: all answer the same.
         *     - `CONFLICT` (409): The resource's state or version does not allow the change. Read it again, then decide.
         *     - `ALREADY_EXISTS` (409): Another resource has this value where it must be unique.
         *     - `REQUEST_ID_REUSED` (409): The request id or idempotency key was used for another request. Take a new one.
         *     - `REQUEST_TOO_LATE` (409): The request was so long on its way that it is not carried out any more. Send it again with a new request id.
         *     - `RATE_LIMITED` (429): This address asks too often for things that do not exist, or too many passwords were not right. Wait for `retry_after`.
         *     - `NO_LEADER` (503): Nothing was changed: the cluster has no leader at the moment. Send it again, also to another node.
         *     - `OVERLOADED` (503): Nothing was changed: this node has more work than it can do, or is shutting down. Send it again.
         *     - `PROVIDER_UNAVAILABLE` (503): The identity provider whose keys are needed to check a user's token does not answer. Send it again in a while.
         *     - `CERTIFICATE_EXPIRED` (503): The server's certificate has expired, so it can sign no token. Its operator has to install a new one.
         *     - `OUTCOME_UNKNOWN` (504): It is not known whether the request was carried out. Send it again with the same `request_id`: that is safe.
         *     - `INTERNAL` (500): The server failed in a way that it should not. Report it with the `request_id`.
         * @enum {string}
         */
        Code: "INVALID_REQUEST" | "UNAUTHENTICATED" | "SIGN_IN_REFUSED" | "TOTP_REQUIRED" | "TOKEN_INVALID" | "USER_REQUIRED" | "FORBIDDEN" | "LICENSE_NOT_FOUND" | "SESSION_NOT_FOUND" | "NOT_FOUND" | "SEAT_LIMIT_REACHED" | "GHOST_LIMIT_REACHED" | "HOLDER_LIMIT_REACHED" | "SEAT_NOT_ASSIGNED" | "SEATS_ALL_ASSIGNED" | "LICENSE_EXPIRED" | "LICENSE_NOT_STARTED" | "LICENSE_SUSPENDED" | "LICENSE_REVOKED" | "SESSION_EXPIRED" | "SESSION_REVOKED" | "SESSION_RELEASED" | "INVITATION_INVALID" | "CONFLICT" | "ALREADY_EXISTS" | "REQUEST_ID_REUSED" | "REQUEST_TOO_LATE" | "RATE_LIMITED" | "NO_LEADER" | "OVERLOADED" | "PROVIDER_UNAVAILABLE" | "CERTIFICATE_EXPIRED" | "OUTCOME_UNKNOWN" | "INTERNAL";
        /** @description A colour as style sheets write it, such as `#0b7a5e`. */
        Colour: string;
        /** @description For how long how many seats were in use. */
        Curve: components["schemas"]["AboutFigure"] & {
            /**
             * Format: int32
             * @description Seats that can be held at its end.
             */
            capacity: number;
            /**
             * @description The points. Between two of them the curve is as high as at the one with more seats. There are none of a period of
             *     which nothing is on record.
             */
            items: components["schemas"]["CurvePoint"][];
        };
        /** @description One point of the duration curve. */
        CurvePoint: {
            /**
             * Format: int64
             * @description … and so many milliseconds.
             */
            milliseconds: number;
            /**
             * Format: int32
             * @description So many seats or more …
             */
            seats: number;
            /**
             * Format: double
             * @description … were in use for this share of the time, from 0 to 1 …
             */
            share: number;
        };
        /** @description A customer: the organisation or person that holds licenses. */
        Customer: {
            created_at: components["schemas"]["Timestamp"];
            /** @description Where to write to. */
            email?: string | null;
            /** @description What its licenses come to. */
            holding: components["schemas"]["Holding"];
            id: components["schemas"]["CustomerId"];
            /** @description Its name for people. */
            name: string;
            /** @description The vendor's own number for it; unique where given. */
            reference?: string | null;
            /**
             * Format: int32
             * @description Counts its edits, from 1; also the `ETag`.
             */
            version: number;
        };
        /** @description What to change of a customer; what is left out stays as it is. */
        CustomerChange: {
            email?: components["schemas"]["Email"] | null;
            /**
             * Format: int32
             * @description The version that was seen; another is a conflict. `If-Match` says the same.
             */
            if_version?: number | null;
            name?: components["schemas"]["Name"] | null;
            reference?: components["schemas"]["Reference"] | null;
        };
        CustomerId: string;
        /**
         * @description What customers are sorted by.
         * @enum {string}
         */
        CustomerSort: "name" | "created" | "licenses" | "in_use";
        /** @description An e-mail address. */
        Email: string;
        /** @description Usable licenses that end soon. */
        Ending: {
            /**
             * Format: int64
             * @description Within thirty days.
             */
            days_30: number;
            /**
             * Format: int64
             * @description Within sixty.
             */
            days_60: number;
            /**
             * Format: int64
             * @description Within ninety.
             */
            days_90: number;
            /** @description The first of them. */
            next: components["schemas"]["License"][];
        };
        /** @description What a plan grants or a license carries, by name. `false` is said by leaving it out. */
        Entitlements: {
            [key: string]: true | number | string;
        };
        /**
         * @description What happened.
         * @enum {string}
         */
        EventKind: "granted" | "ended" | "changed" | "refused" | "identified" | "dropped" | "linked";
        /** @description Asks why. */
        ExplainRequest: {
            /** @description The link, whole or from behind its `#`. */
            link: components["schemas"]["RefusalLinkText"];
        };
        /** @description Why somebody was refused. */
        Explanation: {
            /** @description When. */
            at: components["schemas"]["Timestamp"];
            free_by?: components["schemas"]["Timestamp"] | null;
            /**
             * Format: int32
             * @description How much of it was in use; where no seat was assigned, how many were to others.
             */
            in_use: number;
            /**
             * Format: int32
             * @description The limit that was reached; where no seat was assigned, how many seats there are.
             */
            limit: number;
            /** @description What to do next. */
            next: string[];
            /** @description The license's seats now. */
            now: components["schemas"]["SeatsNow"];
            oldest_since?: components["schemas"]["Timestamp"] | null;
            /** @description The plan's name. */
            plan: string;
            /** @description The product's name. */
            product: string;
            reason: components["schemas"]["RefusalReason"];
            refusal?: components["schemas"]["RefusalId"] | null;
            /** @description Where the license is renewed, or more seats are bought. */
            renewal_url?: string | null;
            /** @description The cluster's clock. */
            server_time: components["schemas"]["Timestamp"];
            /**
             * Format: int64
             * @description How often who was refused asked around then; `null` if this node does not know.
             */
            tries?: number | null;
        };
        /** @description A new end. */
        Extension: {
            expires_at: components["schemas"]["Timestamp"] | null;
        };
        /** @description What is wrong with one field. */
        FieldError: {
            /** @description The field, as a path such as `client.hostname` or `session_ids[3]`; a header or query parameter by its name. */
            field: string;
            /** @description What is wrong and what is expected. */
            problem: string;
        };
        /** @description Seats as they stand, and as they stood. */
        Figures: {
            /**
             * Format: int64
             * @description Usable licenses of which every seat is held.
             */
            full: number;
            /**
             * Format: int64
             * @description Holders whose session expired while their token's grace still runs.
             */
            ghosts: number;
            /**
             * Format: int64
             * @description Seats held.
             */
            in_use: number;
            /**
             * Format: int64
             * @description Licenses, whatever their status.
             */
            licenses: number;
            /**
             * Format: int64
             * @description Seats that may be held of usable licenses.
             */
            limit: number;
            /**
             * Format: int64
             * @description The same of the last thirty days.
             */
            peak_30_days: number;
            /**
             * Format: int64
             * @description The most seats held in an hour since midnight, UTC. The peaks of licenses are added up, which need not have been
             *     at the same moment, so it was no more than this.
             */
            peak_today: number;
            /**
             * Format: int64
             * @description Live sessions.
             */
            sessions: number;
            /**
             * Format: int64
             * @description Licenses that can be used now.
             */
            usable: number;
        };
        /** @description When the seats will not be enough any more. */
        ForecastBody: components["schemas"]["AboutFigure"] & {
            /**
             * Format: int32
             * @description Seats that can be held at the end.
             */
            capacity: number;
            /**
             * Format: int64
             * @description Whole days that the trend is made of.
             */
            days: number;
            /**
             * Format: int64
             * @description How many there must be.
             */
            days_needed: number;
            /** @description The earliest day, by the upper end, on which every seat will be in use; `null` if that is not within a year. */
            earliest?: string | null;
            /** @description The latest day, by the lower end. */
            latest?: string | null;
            /**
             * Format: double
             * @description The peak of the busiest weekday at the end, as the trend has it.
             */
            level?: number | null;
            /** @description The likely day. */
            likely?: string | null;
            /** @description What there is to say. */
            verdict: components["schemas"]["Verdict"];
            /**
             * Format: double
             * @description The interval's upper end.
             */
            weekly_high?: number | null;
            /**
             * Format: double
             * @description The likely growth.
             */
            weekly_likely?: number | null;
            /**
             * Format: double
             * @description By how many seats the daily peaks grow in a week: the 90 % interval's lower end.
             */
            weekly_low?: number | null;
        };
        /**
         * @description In which form a figure is shown.
         * @enum {string}
         */
        Format: "json" | "csv";
        /** @description An id, or a code or reference that stands for it. */
        Handle: string;
        /** @description The client's fingerprint. It is hashed at the edge and not kept. */
        HardwareId: string;
        /** @description One hour of the week. */
        HeatHour: {
            /**
             * Format: int32
             * @description From 0 to 23.
             */
            hour: number;
            /**
             * Format: double
             * @description Seats in use on average over all such hours of the period, weighted by time; `null` if it has none.
             */
            mean?: number | null;
            /**
             * Format: int32
             * @description The most at any moment; `null` if the period has none.
             */
            peak?: number | null;
            /**
             * Format: int64
             * @description Refusals, retries folded; `null` if the period has none of these hours.
             */
            refusals?: number | null;
            /**
             * Format: int64
             * @description How many seconds of the period lie in such hours.
             */
            seconds: number;
            /**
             * Format: int32
             * @description 1 is Monday.
             */
            weekday: number;
        };
        /** @description The hours of the week. */
        HeatMap: components["schemas"]["AboutFigure"] & {
            /** @description The 168 hours. */
            items: components["schemas"]["HeatHour"][];
            /**
             * Format: int32
             * @description How many minutes the clock is ahead of UTC.
             */
            utc_offset: number;
        };
        /**
         * @description Where the assumed time comes from.
         * @enum {string}
         */
        HoldIs: "given" | "median" | "assumed";
        HoldSeconds: number;
        /**
         * @description Who a seat is counted for.
         * @enum {string}
         */
        Holder: "fingerprint" | "fingerprint_and_instance" | "user" | "user_and_fingerprint" | "named_user";
        HolderKey: string;
        /** @description What a customer's licenses come to. */
        Holding: {
            /**
             * Format: int32
             * @description Seats held.
             */
            in_use: number;
            /**
             * Format: int32
             * @description How many licenses there are.
             */
            licenses: number;
            /**
             * Format: int32
             * @description Seats that may be held of those that can be used now.
             */
            limit: number;
        };
        /** @description An identity provider, without its secret. */
        IdentityProvider: {
            /** @description Whether its tokens say who asks for a seat, as `jwt_token`. */
            accept_on_acquire: boolean;
            /** @description What such tokens must be for. */
            audience?: string | null;
            /** @description What the provider knows this server by; without it nobody signs in by this provider. */
            client_id?: string | null;
            created_at: components["schemas"]["Timestamp"];
            /** @description Whether it has a client secret, which is never shown. */
            has_secret: boolean;
            id: components["schemas"]["ProviderId"];
            /** @description Its address. It never changes. */
            issuer: string;
            /** @description Its keys, where they are given and not fetched. */
            keys?: Record<string, never> | null;
            kind: components["schemas"]["IdentityProviderKind"];
            /** @description Its name for people, on the button by which they sign in; unique. */
            name: string;
            /** @description Where the provider sends people back to: what to register there. */
            redirect_uri: string;
            /** @description What is asked for at a sign-in. */
            scopes: string[];
            /** @description Whether somebody whom nobody knows becomes a customer by signing in. */
            self_registration: boolean;
            /**
             * Format: int32
             * @description Counts the edits, from 1; also the `ETag`.
             */
            version: number;
        };
        /** @description What to change of an identity provider; what is left out stays as it is. */
        IdentityProviderChange: {
            /** @description Whether its tokens say who asks for a seat. */
            accept_on_acquire?: boolean;
            audience?: components["schemas"]["Audience"] | null;
            client_id?: components["schemas"]["ClientId"] | null;
            client_secret?: components["schemas"]["ClientSecret"] | null;
            /**
             * Format: int32
             * @description The version that was seen; another is a conflict. `If-Match` says the same.
             */
            if_version?: number | null;
            keys?: components["schemas"]["KeySet"] | null;
            name?: components["schemas"]["Name"] | null;
            /** @description What is asked for at a sign-in. */
            scopes?: components["schemas"]["ScopeName"][];
            /** @description Whether somebody whom nobody knows becomes a customer by signing in. */
            self_registration?: boolean;
        };
        /**
         * @description What a provider speaks.
         * @enum {string}
         */
        IdentityProviderKind: "oidc" | "google" | "github";
        /** @description What was used of what there is. Of a period of which nothing is on record (`from` is `to` then) every figure is `null`. */
        Idle: components["schemas"]["AboutFigure"] & {
            /**
             * Format: int32
             * @description Seats that can be held at its end.
             */
            capacity: number;
            /**
             * Format: double
             * @description For which share of the time every seat was in use, from 0 to 1.
             */
            full_share?: number | null;
            /**
             * Format: int32
             * @description Seats that were never in use at once.
             */
            idle_at_max?: number | null;
            /**
             * Format: int32
             * @description Seats that were not in use for 95 % of the time.
             */
            idle_at_p95?: number | null;
            /**
             * Format: int32
             * @description The most in use at any moment.
             */
            max?: number | null;
            /**
             * Format: double
             * @description Seats in use on average, weighted by time.
             */
            mean?: number | null;
            /**
             * Format: int32
             * @description The least number of seats that was enough for 95 % of the time.
             */
            p95?: number | null;
        };
        /** @description The address of an identity provider: `https://`, but on this machine. */
        IssuerUrl: string;
        /** @description A join token, without its secret. */
        JoinToken: {
            created_at: components["schemas"]["Timestamp"];
            /** @description Until when it may be used. */
            expires_at: components["schemas"]["Timestamp"];
            id: components["schemas"]["JoinTokenId"];
            /**
             * Format: int64
             * @description The node that it admitted.
             */
            used_by?: number | null;
        };
        JoinTokenId: string;
        /** @description A join token with its secret, which is shown this once. */
        JoinTokenWithSecret: components["schemas"]["JoinToken"] & {
            /** @description The token in full, for `usher join` on the new node. Whoever has it can take all of the cluster's secrets. */
            token: string;
        };
        /** @description What a product's license keys begin with, such as `CODITECT`. */
        KeyPrefix: string;
        /** @description A JSON web key set (RFC 7517) of public keys. */
        KeySet: Record<string, never>;
        /**
         * @description What kind of caller it is.
         * @enum {string}
         */
        Kind: "operator" | "member" | "token";
        /** @description A license: the right to a number of seats of a plan until a date. */
        License: {
            created_at: components["schemas"]["Timestamp"];
            customer: components["schemas"]["Licensee"];
            /** @description Its own entitlements, which come before the plan's. */
            entitlements: components["schemas"]["Entitlements"];
            expires_at?: components["schemas"]["Timestamp"] | null;
            id: components["schemas"]["LicenseId"];
            /** @description The last characters of its key. */
            key_hint: string;
            plan: components["schemas"]["LicensedPlan"];
            product: components["schemas"]["LicensedProduct"];
            /** @description Why it is on hold or was ended, in the operator's words. */
            reason?: string | null;
            seats: components["schemas"]["SeatCount"];
            /** @description From when it may be used. */
            starts_at: components["schemas"]["Timestamp"];
            /** @description Whether it can be used now. */
            status: components["schemas"]["Status"];
            /**
             * Format: int32
             * @description Counts its edits, from 1; also the `ETag`.
             */
            version: number;
        };
        /**
         * @description What to change of a license; what is left out stays as it is. Fewer seats than are held end no session: nothing is
         *     granted until enough were given back.
         */
        LicenseChange: {
            entitlements?: components["schemas"]["Entitlements"] | null;
            /**
             * Format: int32
             * @description The version that was seen; another is a conflict. `If-Match` says the same.
             */
            if_version?: number | null;
            plan?: components["schemas"]["Handle"] | null;
            /**
             * Format: int32
             * @description Its own number of seats; `null` goes back to the plan's.
             */
            seats?: number | null;
        };
        /** @description A license and its end. */
        LicenseEnd: {
            expires_at?: components["schemas"]["Timestamp"] | null;
            /** @description Its id. */
            id: components["schemas"]["LicenseId"];
        };
        LicenseId: string;
        /**
         * @description A license key. Case, spaces and missing dashes are forgiven.
         * @example CODITECT-7K3M9-4QZXT-1V8NR-C2H6B-W5DJE-0GAPF
         */
        LicenseKey: string;
        /**
         * @description What licenses are sorted by.
         * @enum {string}
         */
        LicenseSort: "customer" | "product" | "in_use" | "free" | "ends" | "created";
        /** @description A license with its key, which is shown this once. */
        LicenseWithKey: components["schemas"]["License"] & {
            /** @description The license key in full. It is not kept and cannot be shown again, except to a repetition of this very call. */
            license_key: string;
        };
        /** @description The plan that a license is of. */
        LicensedPlan: {
            code: string;
            /** @description Who a seat is counted for. */
            holder: components["schemas"]["Holder"];
            id: components["schemas"]["PlanId"];
            name: string;
        };
        /** @description The product that a license is for. */
        LicensedProduct: {
            code: string;
            id: components["schemas"]["ProductId"];
            name: string;
        };
        /** @description Who holds a license. */
        Licensee: {
            id: components["schemas"]["CustomerId"];
            name: string;
            reference?: string | null;
        };
        /** @default 50 */
        Limit: number;
        /**
         * Format: password
         * @description What follows the `#` in a link.
         */
        LinkSecret: string;
        /** @description A login, without its secret. */
        Login: {
            /** @description The address that it came from. */
            address?: string | null;
            /** @description What the browser said it is. */
            agent?: string | null;
            created_at: components["schemas"]["Timestamp"];
            /** @description Whether it is the one that this call was made with. */
            current: boolean;
            /** @description Until when it is good. */
            expires_at: components["schemas"]["Timestamp"];
            id: components["schemas"]["LoginId"];
            /** @description When it was last used, to a few minutes. */
            used_at: components["schemas"]["Timestamp"];
        };
        /**
         * Format: password
         * @description What the console gave.
         */
        LoginCode: string;
        LoginId: string;
        /** @description Every login of a person. */
        Logins: {
            items: components["schemas"]["Login"][];
        };
        /** @description A code for a program on the person's machine. */
        MadeLoginCode: {
            /** @description What the program gets a user token for, with its secret. */
            code: string;
            /** @description Until when it is good. */
            expires_at: components["schemas"]["Timestamp"];
        };
        /** @description A user token that was made. */
        MadeUserToken: {
            /** @description Whose it is. */
            email: string;
            /** @description Until when it is good. It is refused before that if the person is disabled or removed. */
            expires_at: components["schemas"]["Timestamp"];
            /** @description What an application sends as `jwt_token`. It is kept nowhere. */
            token: string;
        };
        /** @description Who calls. */
        Me: {
            customer?: components["schemas"]["CustomerId"] | null;
            /** @description What the person signs in by. */
            email?: string | null;
            /** @description The person's id, or the token's. */
            id: string;
            kind: components["schemas"]["Kind"];
            /** @description The person's name, or the token's. */
            name: string;
            /** @description What the caller may do. */
            role: components["schemas"]["RoleName"];
            /** @description The scopes of a token. */
            scopes?: components["schemas"]["Scope"][] | null;
            /** @description Whether the person has a second factor. */
            totp?: boolean | null;
        };
        /** @default 0 */
        MinutesAhead: number;
        MoreSeats: number;
        /** @description What to change of oneself. */
        MyChange: {
            /**
             * Format: int32
             * @description The version that was seen; another is a conflict. `If-Match` says the same.
             */
            if_version?: number | null;
            name?: components["schemas"]["Name"] | null;
        };
        /** @description A name for people. */
        Name: string;
        /** @description What to show from now on. It replaces all that was there: what is left out is shown no more. */
        NewBranding: {
            colour?: components["schemas"]["Colour"] | null;
            /**
             * Format: int32
             * @description The version that was seen; another is a conflict. `If-Match` says the same.
             */
            if_version?: number | null;
            name?: components["schemas"]["Name"] | null;
            support?: components["schemas"]["Support"] | null;
        };
        /** @description A customer to create. */
        NewCustomer: {
            email?: components["schemas"]["Email"] | null;
            name: components["schemas"]["Name"];
            reference?: components["schemas"]["Reference"] | null;
        };
        /** @description An identity provider to add. */
        NewIdentityProvider: {
            /** @description Whether its tokens say who asks for a seat. */
            accept_on_acquire?: boolean;
            audience?: components["schemas"]["Audience"] | null;
            client_id?: components["schemas"]["ClientId"] | null;
            client_secret?: components["schemas"]["ClientSecret"] | null;
            issuer?: components["schemas"]["IssuerUrl"] | null;
            keys?: components["schemas"]["KeySet"] | null;
            kind: components["schemas"]["IdentityProviderKind"];
            name: components["schemas"]["Name"];
            /** @description What is asked for at a sign-in; left out, what its kind needs. */
            scopes?: components["schemas"]["ScopeName"][];
            /** @description Whether somebody whom nobody knows becomes a customer by signing in. */
            self_registration?: boolean;
        };
        /** @description A join token to make. */
        NewJoinToken: {
            /**
             * Format: int64
             * @description How long it may be used, in seconds: 1 to 604800, and 3600 if left out.
             * @default 3600
             */
            expires_seconds?: number | null;
        };
        /** @description A license to create. */
        NewLicense: {
            /** @description The customer's id or reference. */
            customer: components["schemas"]["Handle"];
            /** @description Overrides of and additions to the plan's entitlements. */
            entitlements?: components["schemas"]["Entitlements"];
            expires_at?: components["schemas"]["Timestamp"] | null;
            /** @description The plan's id, `product:plan` by their codes, or a code that only one product has. */
            plan: components["schemas"]["Handle"];
            /**
             * Format: int32
             * @description Its own number of seats, instead of the plan's.
             */
            seats?: number | null;
            starts_at?: components["schemas"]["Timestamp"] | null;
        };
        /** @description Whom to sign in. */
        NewLogin: {
            email: components["schemas"]["Email"];
            password: components["schemas"]["Password"];
            totp?: components["schemas"]["TotpCode"] | null;
        };
        /** @description Asks for a code for a program on the person's machine. */
        NewLoginCode: {
            /** @description The hash of the secret that the program keeps. */
            challenge: components["schemas"]["Challenge"];
        };
        /**
         * Format: password
         * @description A password that is chosen, of any characters that can be typed.
         */
        NewPassword: string;
        /** @description A person to add. */
        NewPerson: {
            customer?: components["schemas"]["Handle"] | null;
            email: components["schemas"]["Email"];
            name: components["schemas"]["Name"];
            role: components["schemas"]["RoleName"];
        };
        /** @description A plan to create. Product, code and name are needed; all else has a default. */
        NewPlan: {
            code: components["schemas"]["ShortName"];
            entitlements?: components["schemas"]["Entitlements"] | null;
            /**
             * Format: int32
             * @description The most clients in offline grace beyond the seats; `null` is any number, and a new plan's default.
             */
            ghosts_max?: number | null;
            /**
             * Format: int64
             * @description How long a cut-off client may go on. A new plan's default is 86400.
             */
            grace_seconds?: number | null;
            /**
             * Format: int64
             * @description How often a client should beat; fits into the ttl with room for a retry. A new plan's default is 300, or
             *     three quarters of a shorter ttl that is named.
             */
            heartbeat_seconds?: number | null;
            holder?: components["schemas"]["Holder"] | null;
            name: components["schemas"]["Name"];
            offline?: components["schemas"]["OfflineModeName"] | null;
            /**
             * Format: int32
             * @description Seats that may be granted beyond a license's own. A new plan's default is 0.
             */
            overage_max?: number | null;
            /** @description The product's id or code. */
            product: components["schemas"]["Handle"];
            /**
             * Format: int32
             * @description Seats of a license that names no number of its own. A new plan's default is 1.
             */
            seats?: number | null;
            /**
             * Format: int32
             * @description The most live sessions of one holder. A new plan's default is 16.
             */
            sessions_per_holder_max?: number | null;
            /**
             * Format: int64
             * @description How long a session lives without a heartbeat; at least 2. A new plan's default is 360.
             */
            ttl_seconds?: number | null;
        };
        /** @description A product to create. */
        NewProduct: {
            code: components["schemas"]["ShortName"];
            key_prefix: components["schemas"]["KeyPrefix"];
            name: components["schemas"]["Name"];
            renewal_url?: components["schemas"]["WebAddress"] | null;
        };
        /** @description For how long to keep history from now on. It replaces all that was said: what is left out is kept for ever. */
        NewRetention: {
            /**
             * Format: int32
             * @description The version that was seen; another is a conflict. `If-Match` says the same.
             */
            if_version?: number | null;
            /**
             * Format: int32
             * @description For how many days a session is on record after its end, and a refusal and a sign-in; left out, for ever.
             */
            session_days?: number | null;
            /**
             * Format: int32
             * @description For how many days an hour of usage is kept; left out, for ever.
             */
            usage_days?: number | null;
        };
        /** @description An API token to make. */
        NewToken: {
            customer?: components["schemas"]["Handle"] | null;
            expires_at?: components["schemas"]["Timestamp"] | null;
            /** @description Its name for people: who or what uses it. */
            name: components["schemas"]["Name"];
            scope: components["schemas"]["Scope"];
        };
        /** @description Asks for a user token. */
        NewUserToken: {
            /**
             * Format: int64
             * @description How long it is good; left out, 30 days.
             */
            expires_seconds?: number | null;
        };
        /** @description A node, by its own word. */
        NodeFacts: {
            /** @description Whether it answered. If not, nothing else is known of it. */
            answers: boolean;
            certified_until?: components["schemas"]["Timestamp"] | null;
            /**
             * Format: int64
             * @description Its wall clock less the answering node's; the way of the question is in it.
             */
            clock_offset_ms?: number | null;
            /**
             * Format: int64
             * @description What is free where its data is.
             */
            disk_free_bytes?: number | null;
            /** Format: int64 */
            id: number;
            /**
             * Format: int64
             * @description Entries that it has yet to apply.
             */
            lag?: number | null;
            /**
             * Format: int64
             * @description The newest entry of its log.
             */
            last_log?: number | null;
            /**
             * Format: int64
             * @description How long its log is on disk.
             */
            log_bytes?: number | null;
            /** @description The version of usher that it runs. */
            version?: string | null;
        };
        /** @description A node of the cluster. */
        NodeView: {
            admitted_at: components["schemas"]["Timestamp"];
            /** @description Where its API is. */
            api_url: string;
            /**
             * Format: int64
             * @description Its wall clock less the leader's, when last heard.
             */
            clock_offset_ms?: number | null;
            /**
             * Format: int64
             * @description How long ago it last answered the leader.
             */
            heard_ms_ago?: number | null;
            /** Format: int64 */
            id: number;
            /**
             * Format: int64
             * @description Entries it has yet to receive; `null` if no leader tells.
             */
            lag?: number | null;
            /** @description Its name for people. */
            name: string;
            /** @description Where its peers reach it. */
            peer_address: string;
            /**
             * Format: int64
             * @description The node it was admitted to take the place of.
             */
            replaces?: number | null;
            role: components["schemas"]["Role"];
        };
        /** @description What a client may do that cannot reach any server. */
        Offline: {
            /**
             * Format: int64
             * @description The plan's grace in seconds; 0 in `strict`.
             */
            grace_seconds: number;
            /** @description What becomes of the seat meanwhile. */
            mode: components["schemas"]["OfflineModeName"];
            /** @description Until when this client may go on. */
            until: components["schemas"]["Timestamp"];
        };
        /**
         * @description What becomes of a seat while its client is silent.
         * @enum {string}
         */
        OfflineModeName: "strict" | "lenient" | "reserved";
        /**
         * @description Which way a list goes.
         * @enum {string}
         */
        Order: "asc" | "desc";
        /** @description A page of a list. */
        Page_Assignment: {
            /** @description The items, in the list's own order. */
            items: {
                /** @description When it was assigned. */
                assigned_at: components["schemas"]["Timestamp"];
                /** @description Who assigned it: the id of a person or an API token. */
                assigned_by: string;
                /** @description Their name, if the caller may see them. */
                assigned_by_name?: string | null;
                /** @description Whose it is: whoever a token vouches for this address of. */
                email: string;
                /** @description Who the seat is counted for when it is taken: the `holder` of its sessions. */
                holder: components["schemas"]["HolderKey"];
                person?: components["schemas"]["Assignee"] | null;
                /**
                 * Format: int32
                 * @description Live sessions that are held by it. They end when it is taken away.
                 */
                sessions: number;
            }[];
            /** @description What to send as `cursor` for the next page; `null` on the last. */
            next_cursor?: string | null;
            /**
             * Format: int64
             * @description How many there are in all, where the list was asked for in an order.
             */
            total?: number | null;
        };
        /** @description A page of a list. */
        Page_Customer: {
            /** @description The items, in the list's own order. */
            items: {
                created_at: components["schemas"]["Timestamp"];
                /** @description Where to write to. */
                email?: string | null;
                /** @description What its licenses come to. */
                holding: components["schemas"]["Holding"];
                id: components["schemas"]["CustomerId"];
                /** @description Its name for people. */
                name: string;
                /** @description The vendor's own number for it; unique where given. */
                reference?: string | null;
                /**
                 * Format: int32
                 * @description Counts its edits, from 1; also the `ETag`.
                 */
                version: number;
            }[];
            /** @description What to send as `cursor` for the next page; `null` on the last. */
            next_cursor?: string | null;
            /**
             * Format: int64
             * @description How many there are in all, where the list was asked for in an order.
             */
            total?: number | null;
        };
        /** @description A page of a list. */
        Page_IdentityProvider: {
            /** @description The items, in the list's own order. */
            items: {
                /** @description Whether its tokens say who asks for a seat, as `jwt_token`. */
                accept_on_acquire: boolean;
                /** @description What such tokens must be for. */
                audience?: string | null;
                /** @description What the provider knows this server by; without it nobody signs in by this provider. */
                client_id?: string | null;
                created_at: components["schemas"]["Timestamp"];
                /** @description Whether it has a client secret, which is never shown. */
                has_secret: boolean;
                id: components["schemas"]["ProviderId"];
                /** @description Its address. It never changes. */
                issuer: string;
                /** @description Its keys, where they are given and not fetched. */
                keys?: Record<string, never> | null;
                kind: components["schemas"]["IdentityProviderKind"];
                /** @description Its name for people, on the button by which they sign in; unique. */
                name: string;
                /** @description Where the provider sends people back to: what to register there. */
                redirect_uri: string;
                /** @description What is asked for at a sign-in. */
                scopes: string[];
                /** @description Whether somebody whom nobody knows becomes a customer by signing in. */
                self_registration: boolean;
                /**
                 * Format: int32
                 * @description Counts the edits, from 1; also the `ETag`.
                 */
                version: number;
            }[];
            /** @description What to send as `cursor` for the next page; `null` on the last. */
            next_cursor?: string | null;
            /**
             * Format: int64
             * @description How many there are in all, where the list was asked for in an order.
             */
            total?: number | null;
        };
        /** @description A page of a list. */
        Page_JoinToken: {
            /** @description The items, in the list's own order. */
            items: {
                created_at: components["schemas"]["Timestamp"];
                /** @description Until when it may be used. */
                expires_at: components["schemas"]["Timestamp"];
                id: components["schemas"]["JoinTokenId"];
                /**
                 * Format: int64
                 * @description The node that it admitted.
                 */
                used_by?: number | null;
            }[];
            /** @description What to send as `cursor` for the next page; `null` on the last. */
            next_cursor?: string | null;
            /**
             * Format: int64
             * @description How many there are in all, where the list was asked for in an order.
             */
            total?: number | null;
        };
        /** @description A page of a list. */
        Page_License: {
            /** @description The items, in the list's own order. */
            items: {
                created_at: components["schemas"]["Timestamp"];
                customer: components["schemas"]["Licensee"];
                /** @description Its own entitlements, which come before the plan's. */
                entitlements: components["schemas"]["Entitlements"];
                expires_at?: components["schemas"]["Timestamp"] | null;
                id: components["schemas"]["LicenseId"];
                /** @description The last characters of its key. */
                key_hint: string;
                plan: components["schemas"]["LicensedPlan"];
                product: components["schemas"]["LicensedProduct"];
                /** @description Why it is on hold or was ended, in the operator's words. */
                reason?: string | null;
                seats: components["schemas"]["SeatCount"];
                /** @description From when it may be used. */
                starts_at: components["schemas"]["Timestamp"];
                /** @description Whether it can be used now. */
                status: components["schemas"]["Status"];
                /**
                 * Format: int32
                 * @description Counts its edits, from 1; also the `ETag`.
                 */
                version: number;
            }[];
            /** @description What to send as `cursor` for the next page; `null` on the last. */
            next_cursor?: string | null;
            /**
             * Format: int64
             * @description How many there are in all, where the list was asked for in an order.
             */
            total?: number | null;
        };
        /** @description A page of a list. */
        Page_Person: {
            /** @description The items, in the list's own order. */
            items: {
                created_at: components["schemas"]["Timestamp"];
                customer?: components["schemas"]["CustomerId"] | null;
                /** @description That customer's name. */
                customer_name?: string | null;
                /** @description Whether they may not sign in any more. */
                disabled: boolean;
                /** @description What they sign in by. */
                email: string;
                /** @description Whether they have chosen a password. */
                has_password: boolean;
                id: components["schemas"]["PersonId"];
                /** @description The identity providers at which an account is known to be theirs. */
                identity_providers: components["schemas"]["ProviderId"][];
                invited_until?: components["schemas"]["Timestamp"] | null;
                /** @description How many logins they have. */
                logins: number;
                /** @description Their name for people. */
                name: string;
                role: components["schemas"]["RoleName"];
                seen_at?: components["schemas"]["Timestamp"] | null;
                signed_in_at?: components["schemas"]["Timestamp"] | null;
                /** @description Whether they have a second factor. */
                totp: boolean;
                /**
                 * Format: int32
                 * @description Counts the edits, from 1; also the `ETag`.
                 */
                version: number;
            }[];
            /** @description What to send as `cursor` for the next page; `null` on the last. */
            next_cursor?: string | null;
            /**
             * Format: int64
             * @description How many there are in all, where the list was asked for in an order.
             */
            total?: number | null;
        };
        /** @description A page of a list. */
        Page_Plan: {
            /** @description The items, in the list's own order. */
            items: (components["schemas"]["Terms"] & {
                /** @description Its short name; unique within the product. */
                code: string;
                created_at: components["schemas"]["Timestamp"];
                id: components["schemas"]["PlanId"];
                /** @description Its name for people. */
                name: string;
                /** @description The product it sells. */
                product: components["schemas"]["ProductId"];
                /** @description The product's short name. */
                product_code: string;
                /**
                 * Format: int32
                 * @description Counts its edits, from 1; also the `ETag`.
                 */
                version: number;
            })[];
            /** @description What to send as `cursor` for the next page; `null` on the last. */
            next_cursor?: string | null;
            /**
             * Format: int64
             * @description How many there are in all, where the list was asked for in an order.
             */
            total?: number | null;
        };
        /** @description A page of a list. */
        Page_Product: {
            /** @description The items, in the list's own order. */
            items: {
                /** @description Its short name in tokens, commands and addresses; unique. */
                code: string;
                created_at: components["schemas"]["Timestamp"];
                id: components["schemas"]["ProductId"];
                /** @description What its license keys begin with. */
                key_prefix: string;
                /** @description Its name for people. */
                name: string;
                /** @description Where a customer renews; shown with refusals. */
                renewal_url?: string | null;
                /**
                 * Format: int32
                 * @description Counts its edits, from 1; also the `ETag`.
                 */
                version: number;
            }[];
            /** @description What to send as `cursor` for the next page; `null` on the last. */
            next_cursor?: string | null;
            /**
             * Format: int64
             * @description How many there are in all, where the list was asked for in an order.
             */
            total?: number | null;
        };
        /** @description A page of a list. */
        Page_Session: {
            /** @description The items, in the list's own order. */
            items: {
                beat_at?: components["schemas"]["Timestamp"] | null;
                client?: components["schemas"]["Client"] | null;
                /** @description Who has it. */
                customer: components["schemas"]["Licensee"];
                ended_at?: components["schemas"]["Timestamp"] | null;
                /**
                 * Format: int64
                 * @description How long it lives on without a heartbeat.
                 */
                expires_in_seconds?: number | null;
                grace_until?: components["schemas"]["Timestamp"] | null;
                granted_at?: components["schemas"]["Timestamp"] | null;
                /**
                 * Format: int64
                 * @description How often the plan asks for a heartbeat.
                 */
                heartbeat_seconds: number;
                /** @description Who the seat is counted for: a keyed hash, the same for each session of one holder. */
                holder: components["schemas"]["HolderKey"];
                /** @description The last characters of its key. */
                key_hint: string;
                /** @description The license whose seat it holds or held. */
                license: components["schemas"]["LicenseId"];
                /** @description What becomes of the seat while its client is silent. */
                offline: components["schemas"]["OfflineModeName"];
                /** @description What it is of. */
                plan: components["schemas"]["LicensedPlan"];
                /** @description What the license is for. */
                product: components["schemas"]["LicensedProduct"];
                /** @description Why it was revoked, in the operator's words. */
                reason?: string | null;
                /** @description Its public name. */
                session: components["schemas"]["SessionName"];
                /** @description Whether it is live, or how it ended. */
                status: components["schemas"]["SessionStatus"];
                user?: components["schemas"]["SessionUser"] | null;
            }[];
            /** @description What to send as `cursor` for the next page; `null` on the last. */
            next_cursor?: string | null;
            /**
             * Format: int64
             * @description How many there are in all, where the list was asked for in an order.
             */
            total?: number | null;
        };
        /** @description A page of a list. */
        Page_Token: {
            /** @description The items, in the list's own order. */
            items: {
                created_at: components["schemas"]["Timestamp"];
                /** @description Who made it: a person's id, a token's, or `system`; `null` if it is older than this is kept. */
                created_by?: string | null;
                customer?: components["schemas"]["CustomerId"] | null;
                expires_at?: components["schemas"]["Timestamp"] | null;
                id: components["schemas"]["ApiTokenId"];
                /** @description Its name for people. */
                name: string;
                revoked_at?: components["schemas"]["Timestamp"] | null;
                scope: components["schemas"]["Scope"];
                used_at?: components["schemas"]["Timestamp"] | null;
            }[];
            /** @description What to send as `cursor` for the next page; `null` on the last. */
            next_cursor?: string | null;
            /**
             * Format: int64
             * @description How many there are in all, where the list was asked for in an order.
             */
            total?: number | null;
        };
        /**
         * Format: password
         * @description A password.
         */
        Password: string;
        /** @description A new password, with the one before. */
        PasswordChange: {
            new: components["schemas"]["NewPassword"];
            /** @description The password as it is. */
            old: components["schemas"]["Password"];
        };
        /** @description The password, to show that it is really them. */
        PasswordProof: {
            password: components["schemas"]["Password"];
        };
        /** @description A page of a list of what is over, some of which may be dropped by now. */
        PastPage_Refusal: {
            /** @description The items, in the list's own order. */
            items: {
                /** @description When it was refused last. */
                at: components["schemas"]["Timestamp"];
                /** @description The code that the client was answered. */
                code: string;
                customer: components["schemas"]["CustomerId"];
                customer_name: string;
                /** @description The address that no seat was assigned to; `null` for other reasons, and where their token vouched for none. */
                email?: string | null;
                /** @description When it was refused first. */
                first_at: components["schemas"]["Timestamp"];
                /** @description Who asked, as the plan counts: the `holder` of their sessions. Where it counts nobody, their user or their machine. */
                holder: components["schemas"]["HolderKey"];
                /** @description The host's name of a live session of theirs, if they have one by now. */
                host?: string | null;
                /** @description Its name: of the latest try. */
                id: components["schemas"]["RefusalId"];
                /**
                 * Format: int32
                 * @description How much of it was in use.
                 */
                in_use?: number | null;
                /** @description The last characters of the license's key. */
                key_hint: string;
                license: components["schemas"]["LicenseId"];
                /**
                 * Format: int32
                 * @description The limit that was reached, as of the last time.
                 */
                limit?: number | null;
                /** @description The plan's name. */
                plan: string;
                /** @description The product's name. */
                product: string;
                reason: components["schemas"]["RefusalReason"];
                /**
                 * Format: int64
                 * @description How often it asked.
                 */
                tries: number;
            }[];
            kept_from?: components["schemas"]["Timestamp"] | null;
            /** @description What to send as `cursor` for the next page; `null` on the last. */
            next_cursor?: string | null;
        };
        /** @description A page of a list of what is over, some of which may be dropped by now. */
        PastPage_UsageHour: {
            /** @description The items, in the list's own order. */
            items: {
                /**
                 * Format: int64
                 * @description Sessions that ended for want of a heartbeat.
                 */
                expiries: number;
                /**
                 * Format: int64
                 * @description Sessions granted.
                 */
                grants: number;
                /** @description When the hour begins. */
                hour: components["schemas"]["Timestamp"];
                /** @description Whether it may still grow. */
                open: boolean;
                /**
                 * Format: int32
                 * @description The most seats that were held at any moment.
                 */
                peak: number;
                /** @description Acquires refused, by reason. */
                refusals: {
                    [key: string]: number;
                };
                /**
                 * Format: int64
                 * @description Sessions given back.
                 */
                releases: number;
                /**
                 * Format: int64
                 * @description Sessions renewed: heartbeats, and acquires that were sent again.
                 */
                renewals: number;
            }[];
            kept_from?: components["schemas"]["Timestamp"] | null;
            /** @description What to send as `cursor` for the next page; `null` on the last. */
            next_cursor?: string | null;
        };
        /** @description One hour of a license. */
        PeakHour: {
            /**
             * Format: int32
             * @description Seats that could be held at its end.
             */
            capacity: number;
            /** @description When the hour begins. */
            hour: components["schemas"]["Timestamp"];
            /**
             * Format: int32
             * @description The most seats held at any moment.
             */
            peak: number;
            /**
             * Format: int64
             * @description The same without retries: what one holder repeated within ten minutes is counted once.
             */
            refusals: number;
            /**
             * Format: int64
             * @description Acquires refused, for any reason.
             */
            refused: number;
        };
        /** @description The peaks of a license's hours. */
        Peaks: components["schemas"]["AboutFigure"] & {
            /** @description The hours that the period touches. */
            items: components["schemas"]["PeakHour"][];
        };
        /** @description A person who may sign in. */
        Person: {
            created_at: components["schemas"]["Timestamp"];
            customer?: components["schemas"]["CustomerId"] | null;
            /** @description That customer's name. */
            customer_name?: string | null;
            /** @description Whether they may not sign in any more. */
            disabled: boolean;
            /** @description What they sign in by. */
            email: string;
            /** @description Whether they have chosen a password. */
            has_password: boolean;
            id: components["schemas"]["PersonId"];
            /** @description The identity providers at which an account is known to be theirs. */
            identity_providers: components["schemas"]["ProviderId"][];
            invited_until?: components["schemas"]["Timestamp"] | null;
            /** @description How many logins they have. */
            logins: number;
            /** @description Their name for people. */
            name: string;
            role: components["schemas"]["RoleName"];
            seen_at?: components["schemas"]["Timestamp"] | null;
            signed_in_at?: components["schemas"]["Timestamp"] | null;
            /** @description Whether they have a second factor. */
            totp: boolean;
            /**
             * Format: int32
             * @description Counts the edits, from 1; also the `ETag`.
             */
            version: number;
        };
        /** @description What to change of a person; what is left out stays as it is. */
        PersonChange: {
            customer?: components["schemas"]["Handle"] | null;
            /** @description `true` ends every login and link of theirs, and they cannot sign in until it is `false` again. */
            disabled?: boolean;
            email?: components["schemas"]["Email"] | null;
            /**
             * Format: int32
             * @description The version that was seen; another is a conflict. `If-Match` says the same.
             */
            if_version?: number | null;
            name?: components["schemas"]["Name"] | null;
            role?: components["schemas"]["RoleName"] | null;
            /** @description `false` puts their second factor away, for somebody who lost it. Only they can set one up. */
            totp?: boolean;
        };
        PersonId: string;
        /**
         * @description What people are sorted by.
         * @enum {string}
         */
        PersonSort: "name" | "email" | "created" | "signed_in";
        /** @description A person with a link by which they choose a password, which is shown this once. */
        PersonWithLink: components["schemas"]["Person"] & {
            /**
             * @description The link in full. Whoever has it can sign in as this person: give it to them alone. It is good once, and cannot be
             *     shown again, except to a repetition of this very call.
             */
            link: string;
        };
        /** @description A plan: a tier of a product. */
        Plan: components["schemas"]["Terms"] & {
            /** @description Its short name; unique within the product. */
            code: string;
            created_at: components["schemas"]["Timestamp"];
            id: components["schemas"]["PlanId"];
            /** @description Its name for people. */
            name: string;
            /** @description The product it sells. */
            product: components["schemas"]["ProductId"];
            /** @description The product's short name. */
            product_code: string;
            /**
             * Format: int32
             * @description Counts its edits, from 1; also the `ETag`.
             */
            version: number;
        };
        /**
         * @description What to change of a plan; what is left out stays as it is. New terms hold for live sessions from their next
         *     heartbeat.
         */
        PlanChange: {
            entitlements?: components["schemas"]["Entitlements"] | null;
            /**
             * Format: int32
             * @description The most clients in offline grace beyond the seats; `null` is any number, and a new plan's default.
             */
            ghosts_max?: number | null;
            /**
             * Format: int64
             * @description How long a cut-off client may go on. A new plan's default is 86400.
             */
            grace_seconds?: number | null;
            /**
             * Format: int64
             * @description How often a client should beat; fits into the ttl with room for a retry. A new plan's default is 300, or
             *     three quarters of a shorter ttl that is named.
             */
            heartbeat_seconds?: number | null;
            holder?: components["schemas"]["Holder"] | null;
            /**
             * Format: int32
             * @description The version that was seen; another is a conflict. `If-Match` says the same.
             */
            if_version?: number | null;
            name?: components["schemas"]["Name"] | null;
            offline?: components["schemas"]["OfflineModeName"] | null;
            /**
             * Format: int32
             * @description Seats that may be granted beyond a license's own. A new plan's default is 0.
             */
            overage_max?: number | null;
            /**
             * Format: int32
             * @description Seats of a license that names no number of its own. A new plan's default is 1.
             */
            seats?: number | null;
            /**
             * Format: int32
             * @description The most live sessions of one holder. A new plan's default is 16.
             */
            sessions_per_holder_max?: number | null;
            /**
             * Format: int64
             * @description How long a session lives without a heartbeat; at least 2. A new plan's default is 360.
             */
            ttl_seconds?: number | null;
        };
        PlanId: string;
        /** @description A plan's names. */
        PlanName: {
            /** @description Its short name. */
            code: string;
            /** @description Its name for people. */
            name: string;
        };
        /** @description A problem as the client reads it (RFC 9457). */
        Problem: {
            /** @description The permanent code: match on this. */
            code: components["schemas"]["Code"];
            /** @description What happened and what to do next, for people. */
            detail: string;
            /** @description What is wrong with the request, field by field. */
            errors?: components["schemas"]["FieldError"][];
            /** @description A page that explains this very refusal to whoever met it, for 30 days. What follows the `#` is a secret. */
            explanation_url?: string | null;
            /**
             * Format: int32
             * @description How much of it is in use.
             */
            in_use?: number | null;
            /**
             * Format: int32
             * @description The limit that was reached.
             */
            limit?: number | null;
            /** @description Where the license is renewed. */
            renewal_url?: string | null;
            /** @description The call's id in the server's log. */
            request_id: string;
            /**
             * Format: int64
             * @description Seconds after which trying again makes sense; also the `Retry-After` header.
             */
            retry_after?: number | null;
            /**
             * Format: int32
             * @description The HTTP status.
             */
            status: number;
            /** @description The code in words, the same for each occurrence. */
            title: string;
            /** @description An address that stands for the code. */
            type: string;
        };
        /** @description A product: what is licensed. */
        Product: {
            /** @description Its short name in tokens, commands and addresses; unique. */
            code: string;
            created_at: components["schemas"]["Timestamp"];
            id: components["schemas"]["ProductId"];
            /** @description What its license keys begin with. */
            key_prefix: string;
            /** @description Its name for people. */
            name: string;
            /** @description Where a customer renews; shown with refusals. */
            renewal_url?: string | null;
            /**
             * Format: int32
             * @description Counts its edits, from 1; also the `ETag`.
             */
            version: number;
        };
        /** @description What to change of a product; what is left out stays as it is. */
        ProductChange: {
            /**
             * Format: int32
             * @description The version that was seen; another is a conflict. `If-Match` says the same.
             */
            if_version?: number | null;
            name?: components["schemas"]["Name"] | null;
            renewal_url?: components["schemas"]["WebAddress"] | null;
        };
        /** @description A product's figures. */
        ProductFigures: components["schemas"]["Figures"] & {
            code: string;
            id: components["schemas"]["ProductId"];
            name: string;
        };
        ProductId: string;
        ProviderId: string;
        /** @description Why something was done, in the operator's words; clients read it. */
        Reason: string;
        /** @description Why something is done. */
        ReasonRequest: {
            /** @description In the operator's words; clients read it. */
            reason: components["schemas"]["Reason"];
        };
        /** @description A record of the audit. */
        Record: {
            /** @description Who asked: `system`, `client`, or the id of a person or an API token. */
            actor: string;
            /** @description When that was applied, on the cluster's clock. */
            at: components["schemas"]["Timestamp"];
            before?: components["schemas"]["Timestamp"] | null;
            cause?: components["schemas"]["SessionStatus"] | null;
            /** @description The code that it was refused with. */
            code?: string | null;
            /** @description The command's name, where one was carried out or refused. */
            command?: string | null;
            /** @description The customer that was made with the person. */
            customer?: string | null;
            /** @description The address that a seat was assigned to, or taken from. */
            email?: string | null;
            event: components["schemas"]["EventKind"];
            /** @description Which kind of history was dropped. */
            history?: string | null;
            /** @description Who the seat was counted for. */
            holder?: string | null;
            /**
             * Format: int32
             * @description Seats held afterwards.
             */
            in_use?: number | null;
            /**
             * Format: int64
             * @description Its place in the tree, from 0.
             */
            index: number;
            /** @description The bytes that the tree hashes, in base64, for an offline check. */
            leaf: string;
            /** @description The license that it is about. */
            license?: string | null;
            /** @description The identity provider whose account it is. */
            provider?: string | null;
            /** @description In the operator's or the ledger's words. */
            reason?: string | null;
            /**
             * Format: int64
             * @description The number of the command that it came from.
             */
            seq: number;
            /** @description The id of what it is about. */
            subject?: string | null;
            user?: components["schemas"]["SessionUser"] | null;
        };
        /** Format: int64 */
        RecordIndex: number;
        /** @description A code with the secret that it was given for. */
        RedeemedCode: {
            code: components["schemas"]["LoginCode"];
            verifier: components["schemas"]["Verifier"];
        };
        /** @description The vendor's own number for a customer, such as a CRM id. */
        Reference: string;
        /** @description Acquires of one holder that were refused for one reason, each within ten minutes of the one before. */
        Refusal: {
            /** @description When it was refused last. */
            at: components["schemas"]["Timestamp"];
            /** @description The code that the client was answered. */
            code: string;
            customer: components["schemas"]["CustomerId"];
            customer_name: string;
            /** @description The address that no seat was assigned to; `null` for other reasons, and where their token vouched for none. */
            email?: string | null;
            /** @description When it was refused first. */
            first_at: components["schemas"]["Timestamp"];
            /** @description Who asked, as the plan counts: the `holder` of their sessions. Where it counts nobody, their user or their machine. */
            holder: components["schemas"]["HolderKey"];
            /** @description The host's name of a live session of theirs, if they have one by now. */
            host?: string | null;
            /** @description Its name: of the latest try. */
            id: components["schemas"]["RefusalId"];
            /**
             * Format: int32
             * @description How much of it was in use.
             */
            in_use?: number | null;
            /** @description The last characters of the license's key. */
            key_hint: string;
            license: components["schemas"]["LicenseId"];
            /**
             * Format: int32
             * @description The limit that was reached, as of the last time.
             */
            limit?: number | null;
            /** @description The plan's name. */
            plan: string;
            /** @description The product's name. */
            product: string;
            reason: components["schemas"]["RefusalReason"];
            /**
             * Format: int64
             * @description How often it asked.
             */
            tries: number;
        };
        RefusalId: string;
        /** @description A refusal's link: the whole address, or what follows its `#`. */
        RefusalLinkText: string;
        /**
         * @description Why an acquire was refused.
         * @enum {string}
         */
        RefusalReason: "seat_limit_reached" | "ghost_limit_reached" | "holder_limit_reached" | "license_expired" | "license_not_started" | "license_suspended" | "license_revoked" | "seat_not_assigned" | "other";
        /** @description Why an acquire was refused, as far as the history says. */
        RefusalView: components["schemas"]["Refusal"] & {
            /** @description What the client was told. */
            detail: string;
            free_by?: components["schemas"]["Timestamp"] | null;
            /**
             * @description Who held the seats at that moment, those who held them longest first, at most 200 of them. `null` where that did
             *     not matter, and where too much has happened since to tell.
             */
            holders?: components["schemas"]["SeatHolder"][] | null;
            /** @description What to do next. */
            next: string[];
            /** @description The license's seats now. */
            now: components["schemas"]["SeatsNow"];
        };
        /** @description Acquires refused within the last 24 hours, to the hour. */
        Refusals: {
            /** @description How many for each reason. */
            by_reason: {
                [key: string]: number;
            };
            /** Format: int64 */
            total: number;
        };
        /** @description The session holds nothing any more. */
        Released: {
            /** @description Whether this very call ended it; `false` if it had ended before or was never there. */
            released: boolean;
            /** @description The session's public name. */
            session: components["schemas"]["SessionName"];
        };
        /** @description The call's name, chosen by its client: the same one repeats the call, a new one makes a new call. */
        RequestName: string;
        /** @description For how long history is kept, and from when on it is there. */
        Retention: {
            /** @description The cluster's clock. */
            at: components["schemas"]["Timestamp"];
            drops_from?: components["schemas"]["Timestamp"] | null;
            oldest?: components["schemas"]["Timestamp"] | null;
            /**
             * Format: int32
             * @description For how many days a session is on record after its end, with the user it was held for, and a refusal and a sign-in;
             *     `null` is for ever.
             */
            session_days?: number | null;
            sessions_from?: components["schemas"]["Timestamp"] | null;
            /**
             * Format: int32
             * @description For how many days an hour of usage is kept; `null` is for ever.
             */
            usage_days?: number | null;
            usage_from?: components["schemas"]["Timestamp"] | null;
            /**
             * Format: int32
             * @description Counts its edits, from 1; 0 if it was never set.
             */
            version: number;
        };
        /** @description A page of the console. */
        ReturnTo: string;
        /**
         * @description What a node does in the cluster.
         * @enum {string}
         */
        Role: "leader" | "voter" | "learner" | "admitted";
        /**
         * @description What a person may do. `owner`, `operator`, `support` and `auditor` are the vendor's own people; `member-admin` and
         *     `member` belong to one customer.
         * @enum {string}
         */
        RoleName: "owner" | "operator" | "support" | "auditor" | "member-admin" | "member";
        /**
         * @description What an API token may do: everything, batches of heartbeats only, or what a person of the role of this name may.
         * @enum {string}
         */
        Scope: "admin" | "heartbeats" | "operator" | "support" | "auditor" | "member-admin" | "member";
        /** @description One of the things that an identity provider is asked for, such as `openid`. */
        ScopeName: string;
        /** @description What to look for, in any case. */
        Search: string;
        /** @description A seat that is held, with everything its client needs to know. */
        Seat: {
            /** @description The certificates that the token is verified with, the root's child first. */
            chain: string[];
            /** @description What the license carries. */
            entitlements: components["schemas"]["Entitlements"];
            /** @description The end of the token's life. */
            expires_at: components["schemas"]["Timestamp"];
            /**
             * Format: int64
             * @description How often to beat.
             */
            heartbeat_seconds: number;
            /** @description The license. */
            license: components["schemas"]["LicenseEnd"];
            /** @description What a client may do that cannot reach any server. */
            offline: components["schemas"]["Offline"];
            /** @description The plan. */
            plan: components["schemas"]["PlanName"];
            /** @description The license's seats. */
            seats: components["schemas"]["SeatsInUse"];
            /** @description The cluster's clock. */
            server_time: components["schemas"]["Timestamp"];
            /** @description The session's public name, in lists and logs. */
            session: components["schemas"]["SessionName"];
            /** @description The session's secret id: whoever has it may keep and release the seat. */
            session_id: string;
            /** @description The session token: a compact JWS as docs/tokens.md describes it. */
            signed_token: string;
            /**
             * Format: int64
             * @description The token's life in seconds. Count it from when the request was sent.
             */
            ttl_seconds: number;
        };
        /** @description A license's seats as they stand. */
        SeatCount: {
            /**
             * Format: int32
             * @description Seats assigned by name. They count where the plan's `holder` is `named_user`.
             */
            assigned: number;
            /**
             * Format: int32
             * @description Holders whose session expired while their token's grace still runs.
             */
            ghosts: number;
            /**
             * Format: int32
             * @description Seats held: holders with a live session.
             */
            in_use: number;
            /**
             * Format: int32
             * @description Seats that may be held, overage included.
             */
            limit: number;
            /**
             * Format: int32
             * @description How many of these are overage.
             */
            overage: number;
            /**
             * Format: int32
             * @description The license's own number of seats; `null` goes by the plan's.
             */
            own?: number | null;
            /**
             * Format: int32
             * @description Live sessions.
             */
            sessions: number;
        };
        /** @description Somebody who held a seat. */
        SeatHolder: {
            ended_at?: components["schemas"]["Timestamp"] | null;
            holder: components["schemas"]["HolderKey"];
            /** @description Its host's name, if it still has a live session. */
            host?: string | null;
            /**
             * Format: int32
             * @description Its sessions at that moment.
             */
            sessions: number;
            since?: components["schemas"]["Timestamp"] | null;
        };
        /** @description How many seats a license has and how many are held. */
        SeatsInUse: {
            /**
             * Format: int32
             * @description Seats held.
             */
            in_use: number;
            /**
             * Format: int32
             * @description Seats of the license.
             */
            limit: number;
        };
        /** @description How many seats a license has and how many are held. */
        SeatsNow: {
            /**
             * Format: int32
             * @description Seats held.
             */
            in_use: number;
            /**
             * Format: int32
             * @description Seats that may be held.
             */
            limit: number;
        };
        /** @default 600 */
        Seconds: number;
        /** @description A session, live or ended lately. */
        Session: {
            beat_at?: components["schemas"]["Timestamp"] | null;
            client?: components["schemas"]["Client"] | null;
            /** @description Who has it. */
            customer: components["schemas"]["Licensee"];
            ended_at?: components["schemas"]["Timestamp"] | null;
            /**
             * Format: int64
             * @description How long it lives on without a heartbeat.
             */
            expires_in_seconds?: number | null;
            grace_until?: components["schemas"]["Timestamp"] | null;
            granted_at?: components["schemas"]["Timestamp"] | null;
            /**
             * Format: int64
             * @description How often the plan asks for a heartbeat.
             */
            heartbeat_seconds: number;
            /** @description Who the seat is counted for: a keyed hash, the same for each session of one holder. */
            holder: components["schemas"]["HolderKey"];
            /** @description The last characters of its key. */
            key_hint: string;
            /** @description The license whose seat it holds or held. */
            license: components["schemas"]["LicenseId"];
            /** @description What becomes of the seat while its client is silent. */
            offline: components["schemas"]["OfflineModeName"];
            /** @description What it is of. */
            plan: components["schemas"]["LicensedPlan"];
            /** @description What the license is for. */
            product: components["schemas"]["LicensedProduct"];
            /** @description Why it was revoked, in the operator's words. */
            reason?: string | null;
            /** @description Its public name. */
            session: components["schemas"]["SessionName"];
            /** @description Whether it is live, or how it ended. */
            status: components["schemas"]["SessionStatus"];
            user?: components["schemas"]["SessionUser"] | null;
        };
        /** @description An event of the stream. */
        SessionEvent: {
            /** @description A JSON object. */
            data: string;
            /** @description `ready`, `changes` or `anew`. */
            event: string;
        };
        /** @description What became of sessions: the data of an event `changes`. */
        SessionEvents: {
            /** @description Those that have ended. */
            ended: components["schemas"]["SessionName"][];
            /** @description Those that were granted or have beaten. */
            live: components["schemas"]["Session"][];
        };
        SessionName: string;
        /** @description Names a session by its secret. */
        SessionRequest: {
            /** @description The `session_id` that acquire answered. */
            session_id: components["schemas"]["SessionSecret"];
        };
        /** @description The secret id of a session: whoever has it may keep and release the seat. */
        SessionSecret: string;
        /**
         * @description What sessions are sorted by.
         * @enum {string}
         */
        SessionSort: "granted" | "beat" | "host" | "customer";
        /**
         * @description Whether a session is live, or how it ended.
         * @enum {string}
         */
        SessionStatus: "live" | "released" | "replaced" | "expired" | "revoked" | "license_ended";
        /** @description A user whom an identity provider vouched for. */
        SessionUser: {
            /** @description The address that the token named. */
            email?: string | null;
            /** @description Who vouched. */
            issuer: string;
            person?: components["schemas"]["PersonId"] | null;
            /** @description The account as the issuer names it. */
            subject: string;
        };
        /** @description What the bearer of a link says. */
        SetUp: {
            email?: components["schemas"]["Email"] | null;
            name?: components["schemas"]["Name"] | null;
            password: components["schemas"]["NewPassword"];
            /** @description What follows the `#` in the link. */
            secret: components["schemas"]["LinkSecret"];
        };
        /** @description A short name in tokens, commands and addresses, such as `coditect-pro`. */
        ShortName: string;
        /** @description A provider as everybody may know it: a button. */
        SignInProvider: {
            id: components["schemas"]["ProviderId"];
            kind: components["schemas"]["IdentityProviderKind"];
            /** @description Its name for people. */
            name: string;
        };
        /** @description Every provider by which people sign in. */
        SignInProviders: {
            items: components["schemas"]["SignInProvider"][];
        };
        /**
         * @description Whether a license can be used now.
         * @enum {string}
         */
        Status: "active" | "suspended" | "revoked" | "expired" | "not_started";
        /** @description The hash of a complete subtree of the RFC 6962 tree, whose records were dropped. */
        Subtree: {
            /** @description The hash, in hexadecimal. */
            hash: string;
            /**
             * Format: int64
             * @description The place of its first record.
             */
            index: number;
            /**
             * Format: int64
             * @description How many records it stands for: a power of two.
             */
            leaves: number;
        };
        /** @description The business at a glance. */
        Summary: {
            /** @description All products together. */
            all: components["schemas"]["Figures"];
            /** @description The cluster's clock. */
            at: components["schemas"]["Timestamp"];
            counted_from?: components["schemas"]["Timestamp"] | null;
            ending: components["schemas"]["Ending"];
            /** @description Each product that has a license. */
            products: components["schemas"]["ProductFigures"][];
            refusals: components["schemas"]["Refusals"];
        };
        /** @description Where to ask for help: an e-mail address or an `https://` address. */
        Support: string;
        /** @description The terms of a plan. */
        Terms: {
            /** @description What a license of this plan carries, unless it overrides it by name. */
            entitlements: components["schemas"]["Entitlements"];
            /**
             * Format: int32
             * @description The most clients in offline grace beyond the seats; `null` is any number.
             */
            ghosts_max?: number | null;
            /**
             * Format: int64
             * @description How long a cut-off client may go on; unused in `strict`.
             */
            grace_seconds: number;
            /**
             * Format: int64
             * @description How often a client should beat.
             */
            heartbeat_seconds: number;
            /** @description Who a seat is counted for. */
            holder: components["schemas"]["Holder"];
            /** @description What happens while a client is silent. */
            offline: components["schemas"]["OfflineModeName"];
            /**
             * Format: int32
             * @description Seats that may be granted beyond a license's own.
             */
            overage_max: number;
            /**
             * Format: int32
             * @description Seats of a license that names no number of its own.
             */
            seats: number;
            /**
             * Format: int32
             * @description The most live sessions of one holder.
             */
            sessions_per_holder_max: number;
            /**
             * Format: int64
             * @description How long a session lives without a heartbeat.
             */
            ttl_seconds: number;
        };
        /**
         * Format: date-time
         * @example 2026-11-22T10:00:00.000Z
         */
        Timestamp: string;
        /** @description An API token, without its secret. */
        Token: {
            created_at: components["schemas"]["Timestamp"];
            /** @description Who made it: a person's id, a token's, or `system`; `null` if it is older than this is kept. */
            created_by?: string | null;
            customer?: components["schemas"]["CustomerId"] | null;
            expires_at?: components["schemas"]["Timestamp"] | null;
            id: components["schemas"]["ApiTokenId"];
            /** @description Its name for people. */
            name: string;
            revoked_at?: components["schemas"]["Timestamp"] | null;
            scope: components["schemas"]["Scope"];
            used_at?: components["schemas"]["Timestamp"] | null;
        };
        /** @description An API token with its secret, which is shown this once. */
        TokenWithSecret: components["schemas"]["Token"] & {
            /**
             * @description The token in full: send it as `Authorization: Bearer …`. It is not kept and cannot be shown again, except to a
             *     repetition of this very call.
             */
            token: string;
        };
        /**
         * @description A second factor to set up: first with the password alone, which answers a secret for the authenticator; then with that
         *     secret and a code of it, which puts it to use.
         */
        TotpChange: {
            code?: components["schemas"]["TotpCode"] | null;
            password: components["schemas"]["Password"];
            secret?: components["schemas"]["TotpSecret"] | null;
        };
        /**
         * Format: password
         * @description A code of a second factor.
         */
        TotpCode: string;
        /**
         * Format: password
         * @description The secret of a second factor.
         */
        TotpSecret: string;
        /** @description A second factor that is being set up. */
        TotpSetup: {
            /** @description Whether it is in use now. */
            enabled: boolean;
            /** @description The secret for the authenticator. It is not kept until a code of it was shown, and cannot be read again then. */
            secret?: string | null;
            /** @description The same as an address that authenticators read from a QR code. */
            uri?: string | null;
        };
        /** @description Whom to hand the lead to. */
        Transfer: {
            /**
             * Format: int64
             * @description The node's number; left out, the voter that is furthest.
             */
            to?: number | null;
        };
        /** @description One hour of a license. */
        UsageHour: {
            /**
             * Format: int64
             * @description Sessions that ended for want of a heartbeat.
             */
            expiries: number;
            /**
             * Format: int64
             * @description Sessions granted.
             */
            grants: number;
            /** @description When the hour begins. */
            hour: components["schemas"]["Timestamp"];
            /** @description Whether it may still grow. */
            open: boolean;
            /**
             * Format: int32
             * @description The most seats that were held at any moment.
             */
            peak: number;
            /** @description Acquires refused, by reason. */
            refusals: {
                [key: string]: number;
            };
            /**
             * Format: int64
             * @description Sessions given back.
             */
            releases: number;
            /**
             * Format: int64
             * @description Sessions renewed: heartbeats, and acquires that were sent again.
             */
            renewals: number;
        };
        UserToken: string;
        /**
         * @description What a forecast comes to.
         * @enum {string}
         */
        Verdict: "too_little_data" | "reached" | "expected" | "not_within_a_year";
        /**
         * Format: password
         * @description The secret whose hash was shown before (RFC 7636).
         */
        Verifier: string;
        /** @description A version of an application. */
        VersionInUse: {
            /** @description The application, as it names itself. */
            app?: string | null;
            /**
             * Format: int64
             * @description Holders.
             */
            holders: number;
            /** @description The SDK and its version. */
            sdk?: string | null;
            /**
             * Format: int64
             * @description Live sessions.
             */
            sessions: number;
            /** @description Its version. */
            version?: string | null;
        };
        /** @description The versions of the application that hold seats. */
        Versions: {
            /** @description The cluster's clock. */
            at: components["schemas"]["Timestamp"];
            /** @description The versions, the most used first. */
            items: components["schemas"]["VersionInUse"][];
            license: components["schemas"]["LicenseId"];
        };
        /** @description What waits on a node. */
        Waiting: {
            heartbeats: number;
            proposals: number;
        };
        /** @description An `https://` address. */
        WebAddress: string;
        /** @description What would have been with more seats. */
        WhatIf: components["schemas"]["AboutFigure"] & {
            /** @description Where that comes from. */
            hold_is: components["schemas"]["HoldIs"];
            /**
             * Format: int64
             * @description For how long who was refused is assumed to have kept a seat.
             */
            hold_seconds: number;
            /** @description A row for each number of further seats. */
            items: components["schemas"]["WithMore"][];
            /**
             * Format: int64
             * @description Refusals for want of a seat, retries folded.
             */
            refusals: number;
        };
        /** @description What would have been with so many more seats. */
        WithMore: {
            /**
             * Format: int64
             * @description Refusals that would not have happened.
             */
            avoided: number;
            /**
             * Format: int64
             * @description Refusals that would have happened nevertheless.
             */
            left: number;
            /**
             * Format: int32
             * @description Further seats.
             */
            seats: number;
        };
    };
    responses: {
        /** @description `ALREADY_EXISTS`, `CONFLICT`, `REQUEST_ID_REUSED`, `REQUEST_TOO_LATE` */
        "ALREADY_EXISTS-CONFLICT-REQUEST_ID_REUSED-REQUEST_TOO_LATE": {
            headers: {
                [name: string]: unknown;
            };
            content: {
                "application/problem+json": components["schemas"]["Problem"];
            };
        };
        /** @description `CONFLICT`, `ALREADY_EXISTS`, `REQUEST_ID_REUSED`, `REQUEST_TOO_LATE` */
        "CONFLICT-ALREADY_EXISTS-REQUEST_ID_REUSED-REQUEST_TOO_LATE": {
            headers: {
                [name: string]: unknown;
            };
            content: {
                "application/problem+json": components["schemas"]["Problem"];
            };
        };
        /** @description `CONFLICT`, `REQUEST_ID_REUSED`, `REQUEST_TOO_LATE` */
        "CONFLICT-REQUEST_ID_REUSED-REQUEST_TOO_LATE": {
            headers: {
                [name: string]: unknown;
            };
            content: {
                "application/problem+json": components["schemas"]["Problem"];
            };
        };
        /** @description `FORBIDDEN` */
        FORBIDDEN: {
            headers: {
                [name: string]: unknown;
            };
            content: {
                "application/problem+json": components["schemas"]["Problem"];
            };
        };
        /** @description `INTERNAL` */
        INTERNAL: {
            headers: {
                [name: string]: unknown;
            };
            content: {
                "application/problem+json": components["schemas"]["Problem"];
            };
        };
        /** @description `INVALID_REQUEST` */
        INVALID_REQUEST: {
            headers: {
                [name: string]: unknown;
            };
            content: {
                "application/problem+json": components["schemas"]["Problem"];
            };
        };
        /** @description `INVITATION_INVALID` */
        INVITATION_INVALID: {
            headers: {
                [name: string]: unknown;
            };
            content: {
                "application/problem+json": components["schemas"]["Problem"];
            };
        };
        /** @description `LICENSE_EXPIRED`, `LICENSE_NOT_STARTED`, `LICENSE_SUSPENDED`, `LICENSE_REVOKED` */
        "LICENSE_EXPIRED-LICENSE_NOT_STARTED-LICENSE_SUSPENDED-LICENSE_REVOKED": {
            headers: {
                [name: string]: unknown;
            };
            content: {
                "application/problem+json": components["schemas"]["Problem"];
            };
        };
        /** @description `LICENSE_NOT_FOUND` */
        LICENSE_NOT_FOUND: {
            headers: {
                [name: string]: unknown;
            };
            content: {
                "application/problem+json": components["schemas"]["Problem"];
            };
        };
        /** @description `LICENSE_NOT_FOUND`, `NOT_FOUND` */
        "LICENSE_NOT_FOUND-NOT_FOUND": {
            headers: {
                [name: string]: unknown;
            };
            content: {
                "application/problem+json": components["schemas"]["Problem"];
            };
        };
        /** @description `NOT_FOUND` */
        NOT_FOUND: {
            headers: {
                [name: string]: unknown;
            };
            content: {
                "application/problem+json": components["schemas"]["Problem"];
            };
        };
        /** @description `OUTCOME_UNKNOWN` */
        OUTCOME_UNKNOWN: {
            headers: {
                /** @description Seconds after which trying again makes sense. */
                "Retry-After"?: number;
                [name: string]: unknown;
            };
            content: {
                "application/problem+json": components["schemas"]["Problem"];
            };
        };
        /** @description `OVERLOADED`, `NO_LEADER` */
        "OVERLOADED-NO_LEADER": {
            headers: {
                /** @description Seconds after which trying again makes sense. */
                "Retry-After"?: number;
                [name: string]: unknown;
            };
            content: {
                "application/problem+json": components["schemas"]["Problem"];
            };
        };
        /** @description `OVERLOADED`, `NO_LEADER`, `CERTIFICATE_EXPIRED` */
        "OVERLOADED-NO_LEADER-CERTIFICATE_EXPIRED": {
            headers: {
                /** @description Seconds after which trying again makes sense. */
                "Retry-After"?: number;
                [name: string]: unknown;
            };
            content: {
                "application/problem+json": components["schemas"]["Problem"];
            };
        };
        /** @description `OVERLOADED`, `NO_LEADER`, `PROVIDER_UNAVAILABLE`, `CERTIFICATE_EXPIRED` */
        "OVERLOADED-NO_LEADER-PROVIDER_UNAVAILABLE-CERTIFICATE_EXPIRED": {
            headers: {
                /** @description Seconds after which trying again makes sense. */
                "Retry-After"?: number;
                [name: string]: unknown;
            };
            content: {
                "application/problem+json": components["schemas"]["Problem"];
            };
        };
        /** @description `RATE_LIMITED` */
        RATE_LIMITED: {
            headers: {
                /** @description Seconds after which trying again makes sense. */
                "Retry-After"?: number;
                [name: string]: unknown;
            };
            content: {
                "application/problem+json": components["schemas"]["Problem"];
            };
        };
        /** @description `REQUEST_ID_REUSED`, `REQUEST_TOO_LATE` */
        "REQUEST_ID_REUSED-REQUEST_TOO_LATE": {
            headers: {
                [name: string]: unknown;
            };
            content: {
                "application/problem+json": components["schemas"]["Problem"];
            };
        };
        /** @description `REQUEST_TOO_LATE` */
        REQUEST_TOO_LATE: {
            headers: {
                [name: string]: unknown;
            };
            content: {
                "application/problem+json": components["schemas"]["Problem"];
            };
        };
        /** @description `SEATS_ALL_ASSIGNED`, `ALREADY_EXISTS`, `CONFLICT`, `REQUEST_ID_REUSED`, `REQUEST_TOO_LATE` */
        "SEATS_ALL_ASSIGNED-ALREADY_EXISTS-CONFLICT-REQUEST_ID_REUSED-REQUEST_TOO_LATE": {
            headers: {
                [name: string]: unknown;
            };
            content: {
                "application/problem+json": components["schemas"]["Problem"];
            };
        };
        /** @description `SEAT_LIMIT_REACHED`, `GHOST_LIMIT_REACHED`, `HOLDER_LIMIT_REACHED`, `REQUEST_ID_REUSED`, `REQUEST_TOO_LATE` */
        "SEAT_LIMIT_REACHED-GHOST_LIMIT_REACHED-HOLDER_LIMIT_REACHED-REQUEST_ID_REUSED-REQUEST_TOO_LATE": {
            headers: {
                /** @description Seconds after which trying again makes sense. */
                "Retry-After"?: number;
                [name: string]: unknown;
            };
            content: {
                "application/problem+json": components["schemas"]["Problem"];
            };
        };
        /** @description `SEAT_NOT_ASSIGNED`, `LICENSE_EXPIRED`, `LICENSE_NOT_STARTED`, `LICENSE_SUSPENDED`, `LICENSE_REVOKED` */
        "SEAT_NOT_ASSIGNED-LICENSE_EXPIRED-LICENSE_NOT_STARTED-LICENSE_SUSPENDED-LICENSE_REVOKED": {
            headers: {
                [name: string]: unknown;
            };
            content: {
                "application/problem+json": components["schemas"]["Problem"];
            };
        };
        /** @description `SESSION_EXPIRED`, `SESSION_REVOKED`, `SESSION_RELEASED` */
        "SESSION_EXPIRED-SESSION_REVOKED-SESSION_RELEASED": {
            headers: {
                [name: string]: unknown;
            };
            content: {
                "application/problem+json": components["schemas"]["Problem"];
            };
        };
        /** @description `SESSION_NOT_FOUND` */
        SESSION_NOT_FOUND: {
            headers: {
                [name: string]: unknown;
            };
            content: {
                "application/problem+json": components["schemas"]["Problem"];
            };
        };
        /** @description `SIGN_IN_REFUSED`, `TOTP_REQUIRED` */
        "SIGN_IN_REFUSED-TOTP_REQUIRED": {
            headers: {
                [name: string]: unknown;
            };
            content: {
                "application/problem+json": components["schemas"]["Problem"];
            };
        };
        /** @description `TOKEN_INVALID` */
        TOKEN_INVALID: {
            headers: {
                [name: string]: unknown;
            };
            content: {
                "application/problem+json": components["schemas"]["Problem"];
            };
        };
        /** @description `UNAUTHENTICATED` */
        UNAUTHENTICATED: {
            headers: {
                [name: string]: unknown;
            };
            content: {
                "application/problem+json": components["schemas"]["Problem"];
            };
        };
        /** @description `USER_REQUIRED`, `TOKEN_INVALID` */
        "USER_REQUIRED-TOKEN_INVALID": {
            headers: {
                [name: string]: unknown;
            };
            content: {
                "application/problem+json": components["schemas"]["Problem"];
            };
        };
    };
    parameters: never;
    requestBodies: never;
    headers: never;
    pathItems: never;
}
export type $defs = Record<string, never>;
export interface operations {
    list_audit: {
        parameters: {
            query?: {
                /** @description How many records a page has. */
                limit?: components["schemas"]["Limit"];
                /** @description The `index` after which to go on; left out, from the beginning. */
                after?: components["schemas"]["RecordIndex"];
                /** @description The `index` before which to go on; left out, from the end. */
                before?: components["schemas"]["RecordIndex"];
                /** @description Whether the oldest or the newest come first. */
                order?: components["schemas"]["Order"];
                /** @description Only what happened in this way. */
                event?: components["schemas"]["EventKind"];
                /** @description Only of this command, such as `create_license`. */
                command?: components["schemas"]["Handle"];
                /** @description Only what this one asked for: the id of a person or a token, `client` or `system`. */
                actor?: components["schemas"]["Handle"];
                /** @description Only what is about the one with this id: a license, a session, a holder, or what was changed. */
                about?: components["schemas"]["Handle"];
                /** @description Only what happened at this time or later. */
                from?: components["schemas"]["Timestamp"];
                /** @description Only what happened before this time. */
                to?: components["schemas"]["Timestamp"];
            };
            header?: never;
            path?: never;
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            /** @description A page of records. */
            200: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["AuditPage"];
                };
            };
            400: components["responses"]["INVALID_REQUEST"];
            401: components["responses"]["UNAUTHENTICATED"];
            403: components["responses"]["FORBIDDEN"];
            429: components["responses"]["RATE_LIMITED"];
            500: components["responses"]["INTERNAL"];
            503: components["responses"]["OVERLOADED-NO_LEADER"];
        };
    };
    get_branding: {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            /** @description The branding. */
            200: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["Branding"];
                };
            };
            400: components["responses"]["INVALID_REQUEST"];
            500: components["responses"]["INTERNAL"];
            503: components["responses"]["OVERLOADED-NO_LEADER"];
        };
    };
    set_branding: {
        parameters: {
            query?: never;
            header?: {
                /** @description The call's name: sent again with the same body it changes nothing and answers the same. */
                "Idempotency-Key"?: string;
                /** @description The `ETag` that was seen; another version is a conflict. */
                "If-Match"?: string;
            };
            path?: never;
            cookie?: never;
        };
        requestBody?: {
            content: {
                "application/json": components["schemas"]["NewBranding"];
            };
        };
        responses: {
            /** @description The branding as it is now. */
            200: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["Branding"];
                };
            };
            400: components["responses"]["INVALID_REQUEST"];
            401: components["responses"]["UNAUTHENTICATED"];
            403: components["responses"]["FORBIDDEN"];
            408: components["responses"]["INVALID_REQUEST"];
            409: components["responses"]["CONFLICT-ALREADY_EXISTS-REQUEST_ID_REUSED-REQUEST_TOO_LATE"];
            413: components["responses"]["INVALID_REQUEST"];
            415: components["responses"]["INVALID_REQUEST"];
            429: components["responses"]["RATE_LIMITED"];
            500: components["responses"]["INTERNAL"];
            503: components["responses"]["OVERLOADED-NO_LEADER"];
            504: components["responses"]["OUTCOME_UNKNOWN"];
        };
    };
    get_cluster: {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            /** @description The cluster as the answering node sees it. */
            200: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["ClusterView"];
                };
            };
            400: components["responses"]["INVALID_REQUEST"];
            401: components["responses"]["UNAUTHENTICATED"];
            403: components["responses"]["FORBIDDEN"];
            429: components["responses"]["RATE_LIMITED"];
            500: components["responses"]["INTERNAL"];
            503: components["responses"]["OVERLOADED-NO_LEADER"];
        };
    };
    list_join_tokens: {
        parameters: {
            query?: {
                /** @description How many items a page has. */
                limit?: components["schemas"]["Limit"];
                /** @description `next_cursor` of the page before. */
                cursor?: components["schemas"]["JoinTokenId"];
            };
            header?: never;
            path?: never;
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            /** @description A page of join tokens. */
            200: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["Page_JoinToken"];
                };
            };
            400: components["responses"]["INVALID_REQUEST"];
            401: components["responses"]["UNAUTHENTICATED"];
            403: components["responses"]["FORBIDDEN"];
            429: components["responses"]["RATE_LIMITED"];
            500: components["responses"]["INTERNAL"];
            503: components["responses"]["OVERLOADED-NO_LEADER"];
        };
    };
    create_join_token: {
        parameters: {
            query?: never;
            header?: {
                /** @description The call's name: sent again with the same body it changes nothing and answers the same. */
                "Idempotency-Key"?: string;
            };
            path?: never;
            cookie?: never;
        };
        requestBody?: {
            content: {
                "application/json": components["schemas"]["NewJoinToken"];
            };
        };
        responses: {
            /** @description The join token with its secret. */
            201: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["JoinTokenWithSecret"];
                };
            };
            400: components["responses"]["INVALID_REQUEST"];
            401: components["responses"]["UNAUTHENTICATED"];
            403: components["responses"]["FORBIDDEN"];
            408: components["responses"]["INVALID_REQUEST"];
            409: components["responses"]["CONFLICT-ALREADY_EXISTS-REQUEST_ID_REUSED-REQUEST_TOO_LATE"];
            413: components["responses"]["INVALID_REQUEST"];
            415: components["responses"]["INVALID_REQUEST"];
            429: components["responses"]["RATE_LIMITED"];
            500: components["responses"]["INTERNAL"];
            503: components["responses"]["OVERLOADED-NO_LEADER"];
            504: components["responses"]["OUTCOME_UNKNOWN"];
        };
    };
    get_node: {
        parameters: {
            query?: never;
            header?: never;
            path: {
                /** @description The node's number. */
                id: number;
            };
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            /** @description What the node says, or that it does not answer. */
            200: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["NodeFacts"];
                };
            };
            400: components["responses"]["INVALID_REQUEST"];
            401: components["responses"]["UNAUTHENTICATED"];
            403: components["responses"]["FORBIDDEN"];
            404: components["responses"]["NOT_FOUND"];
            429: components["responses"]["RATE_LIMITED"];
            500: components["responses"]["INTERNAL"];
            503: components["responses"]["OVERLOADED-NO_LEADER"];
        };
    };
    remove_node: {
        parameters: {
            query?: never;
            header?: {
                /** @description The call's name: sent again with the same body it changes nothing and answers the same. */
                "Idempotency-Key"?: string;
            };
            path: {
                /** @description The node's number. */
                id: number;
            };
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            /** @description The cluster as the answering node sees it. */
            200: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["ClusterView"];
                };
            };
            400: components["responses"]["INVALID_REQUEST"];
            401: components["responses"]["UNAUTHENTICATED"];
            403: components["responses"]["FORBIDDEN"];
            404: components["responses"]["NOT_FOUND"];
            408: components["responses"]["INVALID_REQUEST"];
            409: components["responses"]["CONFLICT-ALREADY_EXISTS-REQUEST_ID_REUSED-REQUEST_TOO_LATE"];
            413: components["responses"]["INVALID_REQUEST"];
            415: components["responses"]["INVALID_REQUEST"];
            429: components["responses"]["RATE_LIMITED"];
            500: components["responses"]["INTERNAL"];
            503: components["responses"]["OVERLOADED-NO_LEADER"];
            504: components["responses"]["OUTCOME_UNKNOWN"];
        };
    };
    transfer_lead: {
        parameters: {
            query?: never;
            header?: {
                /** @description The call's name: sent again with the same body it changes nothing and answers the same. */
                "Idempotency-Key"?: string;
            };
            path?: never;
            cookie?: never;
        };
        requestBody?: {
            content: {
                "application/json": components["schemas"]["Transfer"];
            };
        };
        responses: {
            /** @description The cluster after the transfer. */
            200: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["ClusterView"];
                };
            };
            400: components["responses"]["INVALID_REQUEST"];
            401: components["responses"]["UNAUTHENTICATED"];
            403: components["responses"]["FORBIDDEN"];
            408: components["responses"]["INVALID_REQUEST"];
            409: components["responses"]["CONFLICT-ALREADY_EXISTS-REQUEST_ID_REUSED-REQUEST_TOO_LATE"];
            413: components["responses"]["INVALID_REQUEST"];
            415: components["responses"]["INVALID_REQUEST"];
            429: components["responses"]["RATE_LIMITED"];
            500: components["responses"]["INTERNAL"];
            503: components["responses"]["OVERLOADED-NO_LEADER"];
            504: components["responses"]["OUTCOME_UNKNOWN"];
        };
    };
    list_customers: {
        parameters: {
            query?: {
                /** @description How many items a page has. */
                limit?: components["schemas"]["Limit"];
                /** @description `next_cursor` of the page before. */
                cursor?: string;
                /** @description What to sort by; left out, by id. In an order the answer has a `total`. */
                sort?: components["schemas"]["CustomerSort"];
                /** @description Which way to sort. */
                order?: components["schemas"]["Order"];
                /** @description Only those whose name, address or reference contains this. */
                search?: components["schemas"]["Search"];
                /** @description Only the one with exactly this reference. */
                reference?: components["schemas"]["Reference"];
            };
            header?: never;
            path?: never;
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            /** @description A page of customers. */
            200: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["Page_Customer"];
                };
            };
            400: components["responses"]["INVALID_REQUEST"];
            401: components["responses"]["UNAUTHENTICATED"];
            403: components["responses"]["FORBIDDEN"];
            429: components["responses"]["RATE_LIMITED"];
            500: components["responses"]["INTERNAL"];
            503: components["responses"]["OVERLOADED-NO_LEADER"];
        };
    };
    create_customer: {
        parameters: {
            query?: never;
            header?: {
                /** @description The call's name: sent again with the same body it changes nothing and answers the same. */
                "Idempotency-Key"?: string;
            };
            path?: never;
            cookie?: never;
        };
        requestBody: {
            content: {
                "application/json": components["schemas"]["NewCustomer"];
            };
        };
        responses: {
            /** @description The customer. */
            201: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["Customer"];
                };
            };
            400: components["responses"]["INVALID_REQUEST"];
            401: components["responses"]["UNAUTHENTICATED"];
            403: components["responses"]["FORBIDDEN"];
            408: components["responses"]["INVALID_REQUEST"];
            409: components["responses"]["CONFLICT-ALREADY_EXISTS-REQUEST_ID_REUSED-REQUEST_TOO_LATE"];
            413: components["responses"]["INVALID_REQUEST"];
            415: components["responses"]["INVALID_REQUEST"];
            429: components["responses"]["RATE_LIMITED"];
            500: components["responses"]["INTERNAL"];
            503: components["responses"]["OVERLOADED-NO_LEADER"];
            504: components["responses"]["OUTCOME_UNKNOWN"];
        };
    };
    get_customer: {
        parameters: {
            query?: never;
            header?: never;
            path: {
                /** @description The customer's id or reference. */
                id: string;
            };
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            /** @description The customer. */
            200: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["Customer"];
                };
            };
            400: components["responses"]["INVALID_REQUEST"];
            401: components["responses"]["UNAUTHENTICATED"];
            403: components["responses"]["FORBIDDEN"];
            404: components["responses"]["NOT_FOUND"];
            429: components["responses"]["RATE_LIMITED"];
            500: components["responses"]["INTERNAL"];
            503: components["responses"]["OVERLOADED-NO_LEADER"];
        };
    };
    change_customer: {
        parameters: {
            query?: never;
            header?: {
                /** @description The call's name: sent again with the same body it changes nothing and answers the same. */
                "Idempotency-Key"?: string;
                /** @description The `ETag` that was seen; another version is a conflict. */
                "If-Match"?: string;
            };
            path: {
                /** @description The customer's id or reference. */
                id: string;
            };
            cookie?: never;
        };
        requestBody: {
            content: {
                "application/json": components["schemas"]["CustomerChange"];
            };
        };
        responses: {
            /** @description The customer as it is now. */
            200: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["Customer"];
                };
            };
            400: components["responses"]["INVALID_REQUEST"];
            401: components["responses"]["UNAUTHENTICATED"];
            403: components["responses"]["FORBIDDEN"];
            404: components["responses"]["NOT_FOUND"];
            408: components["responses"]["INVALID_REQUEST"];
            409: components["responses"]["CONFLICT-ALREADY_EXISTS-REQUEST_ID_REUSED-REQUEST_TOO_LATE"];
            413: components["responses"]["INVALID_REQUEST"];
            415: components["responses"]["INVALID_REQUEST"];
            429: components["responses"]["RATE_LIMITED"];
            500: components["responses"]["INTERNAL"];
            503: components["responses"]["OVERLOADED-NO_LEADER"];
            504: components["responses"]["OUTCOME_UNKNOWN"];
        };
    };
    list_identity_providers: {
        parameters: {
            query?: {
                /** @description How many items a page has. */
                limit?: components["schemas"]["Limit"];
                /** @description `next_cursor` of the page before. */
                cursor?: components["schemas"]["ProviderId"];
            };
            header?: never;
            path?: never;
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            /** @description A page of identity providers. */
            200: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["Page_IdentityProvider"];
                };
            };
            400: components["responses"]["INVALID_REQUEST"];
            401: components["responses"]["UNAUTHENTICATED"];
            403: components["responses"]["FORBIDDEN"];
            429: components["responses"]["RATE_LIMITED"];
            500: components["responses"]["INTERNAL"];
            503: components["responses"]["OVERLOADED-NO_LEADER"];
        };
    };
    create_identity_provider: {
        parameters: {
            query?: never;
            header?: {
                /** @description The call's name: sent again with the same body it changes nothing and answers the same. */
                "Idempotency-Key"?: string;
            };
            path?: never;
            cookie?: never;
        };
        requestBody: {
            content: {
                "application/json": components["schemas"]["NewIdentityProvider"];
            };
        };
        responses: {
            /** @description The identity provider. */
            201: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["IdentityProvider"];
                };
            };
            400: components["responses"]["INVALID_REQUEST"];
            401: components["responses"]["UNAUTHENTICATED"];
            403: components["responses"]["FORBIDDEN"];
            408: components["responses"]["INVALID_REQUEST"];
            409: components["responses"]["CONFLICT-ALREADY_EXISTS-REQUEST_ID_REUSED-REQUEST_TOO_LATE"];
            413: components["responses"]["INVALID_REQUEST"];
            415: components["responses"]["INVALID_REQUEST"];
            429: components["responses"]["RATE_LIMITED"];
            500: components["responses"]["INTERNAL"];
            503: components["responses"]["OVERLOADED-NO_LEADER"];
            504: components["responses"]["OUTCOME_UNKNOWN"];
        };
    };
    get_identity_provider: {
        parameters: {
            query?: never;
            header?: never;
            path: {
                /** @description The provider's id or name. */
                id: string;
            };
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            /** @description The identity provider. */
            200: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["IdentityProvider"];
                };
            };
            400: components["responses"]["INVALID_REQUEST"];
            401: components["responses"]["UNAUTHENTICATED"];
            403: components["responses"]["FORBIDDEN"];
            404: components["responses"]["NOT_FOUND"];
            429: components["responses"]["RATE_LIMITED"];
            500: components["responses"]["INTERNAL"];
            503: components["responses"]["OVERLOADED-NO_LEADER"];
        };
    };
    remove_identity_provider: {
        parameters: {
            query?: never;
            header?: {
                /** @description The call's name: sent again with the same body it changes nothing and answers the same. */
                "Idempotency-Key"?: string;
            };
            path: {
                /** @description The provider's id or name. */
                id: string;
            };
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            /** @description It is removed. */
            204: {
                headers: {
                    [name: string]: unknown;
                };
                content?: never;
            };
            400: components["responses"]["INVALID_REQUEST"];
            401: components["responses"]["UNAUTHENTICATED"];
            403: components["responses"]["FORBIDDEN"];
            404: components["responses"]["NOT_FOUND"];
            408: components["responses"]["INVALID_REQUEST"];
            409: components["responses"]["CONFLICT-ALREADY_EXISTS-REQUEST_ID_REUSED-REQUEST_TOO_LATE"];
            413: components["responses"]["INVALID_REQUEST"];
            415: components["responses"]["INVALID_REQUEST"];
            429: components["responses"]["RATE_LIMITED"];
            500: components["responses"]["INTERNAL"];
            503: components["responses"]["OVERLOADED-NO_LEADER"];
            504: components["responses"]["OUTCOME_UNKNOWN"];
        };
    };
    change_identity_provider: {
        parameters: {
            query?: never;
            header?: {
                /** @description The call's name: sent again with the same body it changes nothing and answers the same. */
                "Idempotency-Key"?: string;
                /** @description The `ETag` that was seen; another version is a conflict. */
                "If-Match"?: string;
            };
            path: {
                /** @description The provider's id or name. */
                id: string;
            };
            cookie?: never;
        };
        requestBody: {
            content: {
                "application/json": components["schemas"]["IdentityProviderChange"];
            };
        };
        responses: {
            /** @description The identity provider as it is now. */
            200: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["IdentityProvider"];
                };
            };
            400: components["responses"]["INVALID_REQUEST"];
            401: components["responses"]["UNAUTHENTICATED"];
            403: components["responses"]["FORBIDDEN"];
            404: components["responses"]["NOT_FOUND"];
            408: components["responses"]["INVALID_REQUEST"];
            409: components["responses"]["CONFLICT-ALREADY_EXISTS-REQUEST_ID_REUSED-REQUEST_TOO_LATE"];
            413: components["responses"]["INVALID_REQUEST"];
            415: components["responses"]["INVALID_REQUEST"];
            429: components["responses"]["RATE_LIMITED"];
            500: components["responses"]["INTERNAL"];
            503: components["responses"]["OVERLOADED-NO_LEADER"];
            504: components["responses"]["OUTCOME_UNKNOWN"];
        };
    };
    list_licenses: {
        parameters: {
            query?: {
                /** @description How many items a page has. */
                limit?: components["schemas"]["Limit"];
                /** @description `next_cursor` of the page before. */
                cursor?: string;
                /** @description What to sort by; left out, by id. In an order the answer has a `total`. */
                sort?: components["schemas"]["LicenseSort"];
                /** @description Which way to sort. */
                order?: components["schemas"]["Order"];
                /** @description Only those of the customer with this id or reference. */
                customer?: components["schemas"]["Handle"];
                /** @description Only those of the product with this id or code. */
                product?: components["schemas"]["Handle"];
                /** @description Only those of this plan: its id, `product:plan` by their codes, or a unique code. */
                plan?: components["schemas"]["Handle"];
                /** @description Only those with this status. */
                status?: components["schemas"]["Status"];
                /** @description Only those whose key's last characters, id, customer's name or customer's reference contain this. */
                search?: components["schemas"]["Search"];
            };
            header?: never;
            path?: never;
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            /** @description A page of licenses. */
            200: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["Page_License"];
                };
            };
            400: components["responses"]["INVALID_REQUEST"];
            401: components["responses"]["UNAUTHENTICATED"];
            403: components["responses"]["FORBIDDEN"];
            429: components["responses"]["RATE_LIMITED"];
            500: components["responses"]["INTERNAL"];
            503: components["responses"]["OVERLOADED-NO_LEADER"];
        };
    };
    create_license: {
        parameters: {
            query?: never;
            header?: {
                /** @description The call's name: sent again with the same body it changes nothing and answers the same. */
                "Idempotency-Key"?: string;
            };
            path?: never;
            cookie?: never;
        };
        requestBody: {
            content: {
                "application/json": components["schemas"]["NewLicense"];
            };
        };
        responses: {
            /** @description The license with its key. */
            201: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["LicenseWithKey"];
                };
            };
            400: components["responses"]["INVALID_REQUEST"];
            401: components["responses"]["UNAUTHENTICATED"];
            403: components["responses"]["FORBIDDEN"];
            408: components["responses"]["INVALID_REQUEST"];
            409: components["responses"]["CONFLICT-ALREADY_EXISTS-REQUEST_ID_REUSED-REQUEST_TOO_LATE"];
            413: components["responses"]["INVALID_REQUEST"];
            415: components["responses"]["INVALID_REQUEST"];
            429: components["responses"]["RATE_LIMITED"];
            500: components["responses"]["INTERNAL"];
            503: components["responses"]["OVERLOADED-NO_LEADER"];
            504: components["responses"]["OUTCOME_UNKNOWN"];
        };
    };
    acquire_seat: {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        requestBody: {
            content: {
                "application/json": components["schemas"]["AcquireRequest"];
            };
        };
        responses: {
            /** @description A seat is held by this session. */
            200: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["Seat"];
                };
            };
            400: components["responses"]["INVALID_REQUEST"];
            401: components["responses"]["USER_REQUIRED-TOKEN_INVALID"];
            403: components["responses"]["SEAT_NOT_ASSIGNED-LICENSE_EXPIRED-LICENSE_NOT_STARTED-LICENSE_SUSPENDED-LICENSE_REVOKED"];
            404: components["responses"]["LICENSE_NOT_FOUND"];
            408: components["responses"]["INVALID_REQUEST"];
            409: components["responses"]["SEAT_LIMIT_REACHED-GHOST_LIMIT_REACHED-HOLDER_LIMIT_REACHED-REQUEST_ID_REUSED-REQUEST_TOO_LATE"];
            410: components["responses"]["SESSION_EXPIRED-SESSION_REVOKED-SESSION_RELEASED"];
            413: components["responses"]["INVALID_REQUEST"];
            415: components["responses"]["INVALID_REQUEST"];
            429: components["responses"]["RATE_LIMITED"];
            500: components["responses"]["INTERNAL"];
            503: components["responses"]["OVERLOADED-NO_LEADER-PROVIDER_UNAVAILABLE-CERTIFICATE_EXPIRED"];
            504: components["responses"]["OUTCOME_UNKNOWN"];
        };
    };
    keep_seat: {
        parameters: {
            query?: never;
            header?: {
                /** @description The `ETag` that was seen; another version is a conflict. */
                "If-Match"?: string;
            };
            path?: never;
            cookie?: never;
        };
        requestBody: {
            content: {
                "application/json": components["schemas"]["SessionRequest"];
            };
        };
        responses: {
            /** @description The session goes on. */
            200: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["Seat"];
                };
            };
            400: components["responses"]["INVALID_REQUEST"];
            403: components["responses"]["LICENSE_EXPIRED-LICENSE_NOT_STARTED-LICENSE_SUSPENDED-LICENSE_REVOKED"];
            404: components["responses"]["SESSION_NOT_FOUND"];
            408: components["responses"]["INVALID_REQUEST"];
            410: components["responses"]["SESSION_EXPIRED-SESSION_REVOKED-SESSION_RELEASED"];
            413: components["responses"]["INVALID_REQUEST"];
            415: components["responses"]["INVALID_REQUEST"];
            500: components["responses"]["INTERNAL"];
            503: components["responses"]["OVERLOADED-NO_LEADER-CERTIFICATE_EXPIRED"];
            504: components["responses"]["OUTCOME_UNKNOWN"];
        };
    };
    keep_seats: {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        requestBody: {
            content: {
                "application/json": components["schemas"]["BatchRequest"];
            };
        };
        responses: {
            /** @description One answer for each id, in order. */
            200: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["BatchAnswer"];
                };
            };
            400: components["responses"]["INVALID_REQUEST"];
            401: components["responses"]["UNAUTHENTICATED"];
            403: components["responses"]["FORBIDDEN"];
            408: components["responses"]["INVALID_REQUEST"];
            413: components["responses"]["INVALID_REQUEST"];
            415: components["responses"]["INVALID_REQUEST"];
            429: components["responses"]["RATE_LIMITED"];
            500: components["responses"]["INTERNAL"];
            503: components["responses"]["OVERLOADED-NO_LEADER-CERTIFICATE_EXPIRED"];
            504: components["responses"]["OUTCOME_UNKNOWN"];
        };
    };
    release_seat_by_post: {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        requestBody: {
            content: {
                "application/json": components["schemas"]["SessionRequest"];
            };
        };
        responses: {
            /** @description The session holds nothing any more. */
            200: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["Released"];
                };
            };
            400: components["responses"]["INVALID_REQUEST"];
            408: components["responses"]["INVALID_REQUEST"];
            409: components["responses"]["REQUEST_TOO_LATE"];
            413: components["responses"]["INVALID_REQUEST"];
            415: components["responses"]["INVALID_REQUEST"];
            500: components["responses"]["INTERNAL"];
            503: components["responses"]["OVERLOADED-NO_LEADER"];
            504: components["responses"]["OUTCOME_UNKNOWN"];
        };
    };
    release_seat: {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        requestBody: {
            content: {
                "application/json": components["schemas"]["SessionRequest"];
            };
        };
        responses: {
            /** @description The session holds nothing any more. */
            200: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["Released"];
                };
            };
            400: components["responses"]["INVALID_REQUEST"];
            408: components["responses"]["INVALID_REQUEST"];
            409: components["responses"]["REQUEST_TOO_LATE"];
            413: components["responses"]["INVALID_REQUEST"];
            415: components["responses"]["INVALID_REQUEST"];
            500: components["responses"]["INTERNAL"];
            503: components["responses"]["OVERLOADED-NO_LEADER"];
            504: components["responses"]["OUTCOME_UNKNOWN"];
        };
    };
    get_license: {
        parameters: {
            query?: never;
            header?: never;
            path: {
                /** @description The license's id. */
                id: string;
            };
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            /** @description The license. */
            200: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["License"];
                };
            };
            400: components["responses"]["INVALID_REQUEST"];
            401: components["responses"]["UNAUTHENTICATED"];
            403: components["responses"]["FORBIDDEN"];
            404: components["responses"]["LICENSE_NOT_FOUND"];
            429: components["responses"]["RATE_LIMITED"];
            500: components["responses"]["INTERNAL"];
            503: components["responses"]["OVERLOADED-NO_LEADER"];
        };
    };
    change_license: {
        parameters: {
            query?: never;
            header?: {
                /** @description The call's name: sent again with the same body it changes nothing and answers the same. */
                "Idempotency-Key"?: string;
                /** @description The `ETag` that was seen; another version is a conflict. */
                "If-Match"?: string;
            };
            path: {
                /** @description The license's id. */
                id: string;
            };
            cookie?: never;
        };
        requestBody: {
            content: {
                "application/json": components["schemas"]["LicenseChange"];
            };
        };
        responses: {
            /** @description The license as it is now. */
            200: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["License"];
                };
            };
            400: components["responses"]["INVALID_REQUEST"];
            401: components["responses"]["UNAUTHENTICATED"];
            403: components["responses"]["FORBIDDEN"];
            404: components["responses"]["LICENSE_NOT_FOUND"];
            408: components["responses"]["INVALID_REQUEST"];
            409: components["responses"]["CONFLICT-REQUEST_ID_REUSED-REQUEST_TOO_LATE"];
            413: components["responses"]["INVALID_REQUEST"];
            415: components["responses"]["INVALID_REQUEST"];
            429: components["responses"]["RATE_LIMITED"];
            500: components["responses"]["INTERNAL"];
            503: components["responses"]["OVERLOADED-NO_LEADER"];
            504: components["responses"]["OUTCOME_UNKNOWN"];
        };
    };
    get_duration_curve: {
        parameters: {
            query?: {
                /** @description From this time on; left out, from 30 days before the end. At most 366 days before it. */
                from?: components["schemas"]["Timestamp"];
                /** @description Before this time; left out, up to now. */
                to?: components["schemas"]["Timestamp"];
                /** @description `json`, or `csv` for a table. */
                format?: components["schemas"]["Format"];
            };
            header?: never;
            path: {
                /** @description The license's id. */
                id: string;
            };
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            /** @description The curve's points, from no seat on. */
            200: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["Curve"];
                    "text/csv": string;
                };
            };
            400: components["responses"]["INVALID_REQUEST"];
            401: components["responses"]["UNAUTHENTICATED"];
            403: components["responses"]["FORBIDDEN"];
            404: components["responses"]["LICENSE_NOT_FOUND"];
            429: components["responses"]["RATE_LIMITED"];
            500: components["responses"]["INTERNAL"];
            503: components["responses"]["OVERLOADED-NO_LEADER"];
        };
    };
    get_forecast: {
        parameters: {
            query?: {
                /** @description From this time on; left out, from 30 days before the end. At most 366 days before it. */
                from?: components["schemas"]["Timestamp"];
                /** @description Before this time; left out, up to now. */
                to?: components["schemas"]["Timestamp"];
                /** @description `json`, or `csv` for a table. */
                format?: components["schemas"]["Format"];
                /** @description How many minutes the clock is ahead of UTC: 60 for UTC+1. Left out, it is UTC. */
                utc_offset?: components["schemas"]["MinutesAhead"];
            };
            header?: never;
            path: {
                /** @description The license's id. */
                id: string;
            };
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            /** @description The trend of the daily peaks and the day it reaches the capacity. */
            200: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["ForecastBody"];
                    "text/csv": string;
                };
            };
            400: components["responses"]["INVALID_REQUEST"];
            401: components["responses"]["UNAUTHENTICATED"];
            403: components["responses"]["FORBIDDEN"];
            404: components["responses"]["LICENSE_NOT_FOUND"];
            429: components["responses"]["RATE_LIMITED"];
            500: components["responses"]["INTERNAL"];
            503: components["responses"]["OVERLOADED-NO_LEADER"];
        };
    };
    get_heat_map: {
        parameters: {
            query?: {
                /** @description From this time on; left out, from 30 days before the end. At most 366 days before it. */
                from?: components["schemas"]["Timestamp"];
                /** @description Before this time; left out, up to now. */
                to?: components["schemas"]["Timestamp"];
                /** @description `json`, or `csv` for a table. */
                format?: components["schemas"]["Format"];
                /** @description How many minutes the clock is ahead of UTC: 60 for UTC+1. Left out, it is UTC. */
                utc_offset?: components["schemas"]["MinutesAhead"];
            };
            header?: never;
            path: {
                /** @description The license's id. */
                id: string;
            };
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            /** @description The 168 hours of the week, from Monday 0:00 on. */
            200: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["HeatMap"];
                    "text/csv": string;
                };
            };
            400: components["responses"]["INVALID_REQUEST"];
            401: components["responses"]["UNAUTHENTICATED"];
            403: components["responses"]["FORBIDDEN"];
            404: components["responses"]["LICENSE_NOT_FOUND"];
            429: components["responses"]["RATE_LIMITED"];
            500: components["responses"]["INTERNAL"];
            503: components["responses"]["OVERLOADED-NO_LEADER"];
        };
    };
    get_idle_seats: {
        parameters: {
            query?: {
                /** @description From this time on; left out, from 30 days before the end. At most 366 days before it. */
                from?: components["schemas"]["Timestamp"];
                /** @description Before this time; left out, up to now. */
                to?: components["schemas"]["Timestamp"];
                /** @description `json`, or `csv` for a table. */
                format?: components["schemas"]["Format"];
            };
            header?: never;
            path: {
                /** @description The license's id. */
                id: string;
            };
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            /** @description What was used of what there is. */
            200: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["Idle"];
                    "text/csv": string;
                };
            };
            400: components["responses"]["INVALID_REQUEST"];
            401: components["responses"]["UNAUTHENTICATED"];
            403: components["responses"]["FORBIDDEN"];
            404: components["responses"]["LICENSE_NOT_FOUND"];
            429: components["responses"]["RATE_LIMITED"];
            500: components["responses"]["INTERNAL"];
            503: components["responses"]["OVERLOADED-NO_LEADER"];
        };
    };
    get_peaks: {
        parameters: {
            query?: {
                /** @description From this time on; left out, from 30 days before the end. At most 366 days before it. */
                from?: components["schemas"]["Timestamp"];
                /** @description Before this time; left out, up to now. */
                to?: components["schemas"]["Timestamp"];
                /** @description `json`, or `csv` for a table. */
                format?: components["schemas"]["Format"];
            };
            header?: never;
            path: {
                /** @description The license's id. */
                id: string;
            };
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            /** @description The hours, in their order. */
            200: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["Peaks"];
                    "text/csv": string;
                };
            };
            400: components["responses"]["INVALID_REQUEST"];
            401: components["responses"]["UNAUTHENTICATED"];
            403: components["responses"]["FORBIDDEN"];
            404: components["responses"]["LICENSE_NOT_FOUND"];
            429: components["responses"]["RATE_LIMITED"];
            500: components["responses"]["INTERNAL"];
            503: components["responses"]["OVERLOADED-NO_LEADER"];
        };
    };
    get_versions: {
        parameters: {
            query?: {
                /** @description `json`, or `csv` for a table. */
                format?: components["schemas"]["Format"];
            };
            header?: never;
            path: {
                /** @description The license's id. */
                id: string;
            };
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            /** @description The versions, the most used first. */
            200: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["Versions"];
                    "text/csv": string;
                };
            };
            400: components["responses"]["INVALID_REQUEST"];
            401: components["responses"]["UNAUTHENTICATED"];
            403: components["responses"]["FORBIDDEN"];
            404: components["responses"]["LICENSE_NOT_FOUND"];
            429: components["responses"]["RATE_LIMITED"];
            500: components["responses"]["INTERNAL"];
            503: components["responses"]["OVERLOADED-NO_LEADER"];
        };
    };
    get_what_if: {
        parameters: {
            query?: {
                /** @description From this time on; left out, from 30 days before the end. At most 366 days before it. */
                from?: components["schemas"]["Timestamp"];
                /** @description Before this time; left out, up to now. */
                to?: components["schemas"]["Timestamp"];
                /** @description `json`, or `csv` for a table. */
                format?: components["schemas"]["Format"];
                /** @description Up to how many more seats. */
                seats?: components["schemas"]["MoreSeats"];
                /**
                 * @description For how long who was refused would have kept a seat; left out, for the median time of the license's sessions that
                 *     ended in the period.
                 */
                hold_seconds?: components["schemas"]["HoldSeconds"];
            };
            header?: never;
            path: {
                /** @description The license's id. */
                id: string;
            };
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            /** @description A row for each number of further seats. */
            200: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["WhatIf"];
                    "text/csv": string;
                };
            };
            400: components["responses"]["INVALID_REQUEST"];
            401: components["responses"]["UNAUTHENTICATED"];
            403: components["responses"]["FORBIDDEN"];
            404: components["responses"]["LICENSE_NOT_FOUND"];
            429: components["responses"]["RATE_LIMITED"];
            500: components["responses"]["INTERNAL"];
            503: components["responses"]["OVERLOADED-NO_LEADER"];
        };
    };
    assign_seat: {
        parameters: {
            query?: never;
            header?: {
                /** @description The call's name: sent again with the same body it changes nothing and answers the same. */
                "Idempotency-Key"?: string;
            };
            path: {
                /** @description The license's id. */
                id: string;
            };
            cookie?: never;
        };
        requestBody: {
            content: {
                "application/json": components["schemas"]["AssignmentRequest"];
            };
        };
        responses: {
            /** @description The assigned seat. */
            200: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["Assignment"];
                };
            };
            400: components["responses"]["INVALID_REQUEST"];
            401: components["responses"]["UNAUTHENTICATED"];
            403: components["responses"]["FORBIDDEN"];
            404: components["responses"]["LICENSE_NOT_FOUND"];
            408: components["responses"]["INVALID_REQUEST"];
            409: components["responses"]["SEATS_ALL_ASSIGNED-ALREADY_EXISTS-CONFLICT-REQUEST_ID_REUSED-REQUEST_TOO_LATE"];
            413: components["responses"]["INVALID_REQUEST"];
            415: components["responses"]["INVALID_REQUEST"];
            429: components["responses"]["RATE_LIMITED"];
            500: components["responses"]["INTERNAL"];
            503: components["responses"]["OVERLOADED-NO_LEADER"];
            504: components["responses"]["OUTCOME_UNKNOWN"];
        };
    };
    list_assignments: {
        parameters: {
            query?: {
                /** @description How many items a page has. */
                limit?: components["schemas"]["Limit"];
                /** @description `next_cursor` of the page before. */
                cursor?: string;
                /** @description What to sort by; left out, by holder. In an order the answer has a `total`. */
                sort?: components["schemas"]["AssignmentSort"];
                /** @description Which way to sort. */
                order?: components["schemas"]["Order"];
                /** @description Only those whose address, or whose person's name contains this. */
                search?: components["schemas"]["Search"];
            };
            header?: never;
            path: {
                /** @description The license's id. */
                id: string;
            };
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            /** @description A page of assigned seats. */
            200: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["Page_Assignment"];
                };
            };
            400: components["responses"]["INVALID_REQUEST"];
            401: components["responses"]["UNAUTHENTICATED"];
            403: components["responses"]["FORBIDDEN"];
            404: components["responses"]["LICENSE_NOT_FOUND"];
            429: components["responses"]["RATE_LIMITED"];
            500: components["responses"]["INTERNAL"];
            503: components["responses"]["OVERLOADED-NO_LEADER"];
        };
    };
    extend_license: {
        parameters: {
            query?: never;
            header?: {
                /** @description The call's name: sent again with the same body it changes nothing and answers the same. */
                "Idempotency-Key"?: string;
            };
            path: {
                /** @description The license's id. */
                id: string;
            };
            cookie?: never;
        };
        requestBody: {
            content: {
                "application/json": components["schemas"]["Extension"];
            };
        };
        responses: {
            /** @description The license as it is now. */
            200: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["License"];
                };
            };
            400: components["responses"]["INVALID_REQUEST"];
            401: components["responses"]["UNAUTHENTICATED"];
            403: components["responses"]["FORBIDDEN"];
            404: components["responses"]["LICENSE_NOT_FOUND"];
            408: components["responses"]["INVALID_REQUEST"];
            409: components["responses"]["CONFLICT-REQUEST_ID_REUSED-REQUEST_TOO_LATE"];
            413: components["responses"]["INVALID_REQUEST"];
            415: components["responses"]["INVALID_REQUEST"];
            429: components["responses"]["RATE_LIMITED"];
            500: components["responses"]["INTERNAL"];
            503: components["responses"]["OVERLOADED-NO_LEADER"];
            504: components["responses"]["OUTCOME_UNKNOWN"];
        };
    };
    reinstate_license: {
        parameters: {
            query?: never;
            header?: {
                /** @description The call's name: sent again with the same body it changes nothing and answers the same. */
                "Idempotency-Key"?: string;
            };
            path: {
                /** @description The license's id. */
                id: string;
            };
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            /** @description The license as it is now. */
            200: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["License"];
                };
            };
            400: components["responses"]["INVALID_REQUEST"];
            401: components["responses"]["UNAUTHENTICATED"];
            403: components["responses"]["FORBIDDEN"];
            404: components["responses"]["LICENSE_NOT_FOUND"];
            408: components["responses"]["INVALID_REQUEST"];
            409: components["responses"]["CONFLICT-REQUEST_ID_REUSED-REQUEST_TOO_LATE"];
            413: components["responses"]["INVALID_REQUEST"];
            415: components["responses"]["INVALID_REQUEST"];
            429: components["responses"]["RATE_LIMITED"];
            500: components["responses"]["INTERNAL"];
            503: components["responses"]["OVERLOADED-NO_LEADER"];
            504: components["responses"]["OUTCOME_UNKNOWN"];
        };
    };
    revoke_license: {
        parameters: {
            query?: never;
            header?: {
                /** @description The call's name: sent again with the same body it changes nothing and answers the same. */
                "Idempotency-Key"?: string;
            };
            path: {
                /** @description The license's id. */
                id: string;
            };
            cookie?: never;
        };
        requestBody: {
            content: {
                "application/json": components["schemas"]["ReasonRequest"];
            };
        };
        responses: {
            /** @description The license as it is now. */
            200: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["License"];
                };
            };
            400: components["responses"]["INVALID_REQUEST"];
            401: components["responses"]["UNAUTHENTICATED"];
            403: components["responses"]["FORBIDDEN"];
            404: components["responses"]["LICENSE_NOT_FOUND"];
            408: components["responses"]["INVALID_REQUEST"];
            409: components["responses"]["CONFLICT-REQUEST_ID_REUSED-REQUEST_TOO_LATE"];
            413: components["responses"]["INVALID_REQUEST"];
            415: components["responses"]["INVALID_REQUEST"];
            429: components["responses"]["RATE_LIMITED"];
            500: components["responses"]["INTERNAL"];
            503: components["responses"]["OVERLOADED-NO_LEADER"];
            504: components["responses"]["OUTCOME_UNKNOWN"];
        };
    };
    rotate_license_key: {
        parameters: {
            query?: never;
            header?: {
                /** @description The call's name: sent again with the same body it changes nothing and answers the same. */
                "Idempotency-Key"?: string;
            };
            path: {
                /** @description The license's id. */
                id: string;
            };
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            /** @description The license with its new key. */
            200: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["LicenseWithKey"];
                };
            };
            400: components["responses"]["INVALID_REQUEST"];
            401: components["responses"]["UNAUTHENTICATED"];
            403: components["responses"]["FORBIDDEN"];
            404: components["responses"]["LICENSE_NOT_FOUND"];
            408: components["responses"]["INVALID_REQUEST"];
            409: components["responses"]["CONFLICT-REQUEST_ID_REUSED-REQUEST_TOO_LATE"];
            413: components["responses"]["INVALID_REQUEST"];
            415: components["responses"]["INVALID_REQUEST"];
            429: components["responses"]["RATE_LIMITED"];
            500: components["responses"]["INTERNAL"];
            503: components["responses"]["OVERLOADED-NO_LEADER"];
            504: components["responses"]["OUTCOME_UNKNOWN"];
        };
    };
    suspend_license: {
        parameters: {
            query?: never;
            header?: {
                /** @description The call's name: sent again with the same body it changes nothing and answers the same. */
                "Idempotency-Key"?: string;
            };
            path: {
                /** @description The license's id. */
                id: string;
            };
            cookie?: never;
        };
        requestBody: {
            content: {
                "application/json": components["schemas"]["ReasonRequest"];
            };
        };
        responses: {
            /** @description The license as it is now. */
            200: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["License"];
                };
            };
            400: components["responses"]["INVALID_REQUEST"];
            401: components["responses"]["UNAUTHENTICATED"];
            403: components["responses"]["FORBIDDEN"];
            404: components["responses"]["LICENSE_NOT_FOUND"];
            408: components["responses"]["INVALID_REQUEST"];
            409: components["responses"]["CONFLICT-REQUEST_ID_REUSED-REQUEST_TOO_LATE"];
            413: components["responses"]["INVALID_REQUEST"];
            415: components["responses"]["INVALID_REQUEST"];
            429: components["responses"]["RATE_LIMITED"];
            500: components["responses"]["INTERNAL"];
            503: components["responses"]["OVERLOADED-NO_LEADER"];
            504: components["responses"]["OUTCOME_UNKNOWN"];
        };
    };
    unassign_seat: {
        parameters: {
            query?: never;
            header?: {
                /** @description The call's name: sent again with the same body it changes nothing and answers the same. */
                "Idempotency-Key"?: string;
            };
            path: {
                /** @description The license's id. */
                id: string;
            };
            cookie?: never;
        };
        requestBody: {
            content: {
                "application/json": components["schemas"]["AssignmentRequest"];
            };
        };
        responses: {
            /** @description It is taken away. */
            204: {
                headers: {
                    [name: string]: unknown;
                };
                content?: never;
            };
            400: components["responses"]["INVALID_REQUEST"];
            401: components["responses"]["UNAUTHENTICATED"];
            403: components["responses"]["FORBIDDEN"];
            404: components["responses"]["LICENSE_NOT_FOUND-NOT_FOUND"];
            408: components["responses"]["INVALID_REQUEST"];
            409: components["responses"]["REQUEST_ID_REUSED-REQUEST_TOO_LATE"];
            413: components["responses"]["INVALID_REQUEST"];
            415: components["responses"]["INVALID_REQUEST"];
            429: components["responses"]["RATE_LIMITED"];
            500: components["responses"]["INTERNAL"];
            503: components["responses"]["OVERLOADED-NO_LEADER"];
            504: components["responses"]["OUTCOME_UNKNOWN"];
        };
    };
    get_usage: {
        parameters: {
            query?: {
                /** @description How many hours a page has. */
                limit?: components["schemas"]["Limit"];
                /** @description `next_cursor` of the page before. */
                cursor?: string;
                /** @description From the hour that this lies in. */
                from?: components["schemas"]["Timestamp"];
                /** @description Before the hour that this lies in. */
                to?: components["schemas"]["Timestamp"];
            };
            header?: never;
            path: {
                /** @description The license's id. */
                id: string;
            };
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            /** @description A page of hours. */
            200: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["PastPage_UsageHour"];
                };
            };
            400: components["responses"]["INVALID_REQUEST"];
            401: components["responses"]["UNAUTHENTICATED"];
            403: components["responses"]["FORBIDDEN"];
            404: components["responses"]["LICENSE_NOT_FOUND"];
            429: components["responses"]["RATE_LIMITED"];
            500: components["responses"]["INTERNAL"];
            503: components["responses"]["OVERLOADED-NO_LEADER"];
        };
    };
    list_logins: {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            /** @description The caller's logins. */
            200: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["Logins"];
                };
            };
            400: components["responses"]["INVALID_REQUEST"];
            401: components["responses"]["UNAUTHENTICATED"];
            403: components["responses"]["FORBIDDEN"];
            429: components["responses"]["RATE_LIMITED"];
            500: components["responses"]["INTERNAL"];
            503: components["responses"]["OVERLOADED-NO_LEADER"];
        };
    };
    sign_in: {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        requestBody: {
            content: {
                "application/json": components["schemas"]["NewLogin"];
            };
        };
        responses: {
            /** @description Who is signed in now; the cookie is in `Set-Cookie`. */
            201: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["Me"];
                };
            };
            400: components["responses"]["INVALID_REQUEST"];
            401: components["responses"]["SIGN_IN_REFUSED-TOTP_REQUIRED"];
            403: components["responses"]["FORBIDDEN"];
            408: components["responses"]["INVALID_REQUEST"];
            409: components["responses"]["REQUEST_TOO_LATE"];
            413: components["responses"]["INVALID_REQUEST"];
            415: components["responses"]["INVALID_REQUEST"];
            429: components["responses"]["RATE_LIMITED"];
            500: components["responses"]["INTERNAL"];
            503: components["responses"]["OVERLOADED-NO_LEADER"];
            504: components["responses"]["OUTCOME_UNKNOWN"];
        };
    };
    sign_out_everywhere: {
        parameters: {
            query?: never;
            header?: {
                /** @description The call's name: sent again with the same body it changes nothing and answers the same. */
                "Idempotency-Key"?: string;
            };
            path?: never;
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            /** @description Every login has ended; `Set-Cookie` takes the cookie away. */
            204: {
                headers: {
                    [name: string]: unknown;
                };
                content?: never;
            };
            400: components["responses"]["INVALID_REQUEST"];
            401: components["responses"]["UNAUTHENTICATED"];
            403: components["responses"]["FORBIDDEN"];
            408: components["responses"]["INVALID_REQUEST"];
            409: components["responses"]["CONFLICT-ALREADY_EXISTS-REQUEST_ID_REUSED-REQUEST_TOO_LATE"];
            413: components["responses"]["INVALID_REQUEST"];
            415: components["responses"]["INVALID_REQUEST"];
            429: components["responses"]["RATE_LIMITED"];
            500: components["responses"]["INTERNAL"];
            503: components["responses"]["OVERLOADED-NO_LEADER"];
            504: components["responses"]["OUTCOME_UNKNOWN"];
        };
    };
    sign_out: {
        parameters: {
            query?: never;
            header?: {
                /** @description The call's name: sent again with the same body it changes nothing and answers the same. */
                "Idempotency-Key"?: string;
            };
            path?: never;
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            /** @description The login has ended; `Set-Cookie` takes the cookie away. */
            204: {
                headers: {
                    [name: string]: unknown;
                };
                content?: never;
            };
            400: components["responses"]["INVALID_REQUEST"];
            401: components["responses"]["UNAUTHENTICATED"];
            403: components["responses"]["FORBIDDEN"];
            408: components["responses"]["INVALID_REQUEST"];
            409: components["responses"]["CONFLICT-ALREADY_EXISTS-REQUEST_ID_REUSED-REQUEST_TOO_LATE"];
            413: components["responses"]["INVALID_REQUEST"];
            415: components["responses"]["INVALID_REQUEST"];
            429: components["responses"]["RATE_LIMITED"];
            500: components["responses"]["INTERNAL"];
            503: components["responses"]["OVERLOADED-NO_LEADER"];
            504: components["responses"]["OUTCOME_UNKNOWN"];
        };
    };
    end_login: {
        parameters: {
            query?: never;
            header?: {
                /** @description The call's name: sent again with the same body it changes nothing and answers the same. */
                "Idempotency-Key"?: string;
            };
            path: {
                /** @description The login's id. */
                id: string;
            };
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            /** @description The login has ended. */
            204: {
                headers: {
                    [name: string]: unknown;
                };
                content?: never;
            };
            400: components["responses"]["INVALID_REQUEST"];
            401: components["responses"]["UNAUTHENTICATED"];
            403: components["responses"]["FORBIDDEN"];
            404: components["responses"]["NOT_FOUND"];
            408: components["responses"]["INVALID_REQUEST"];
            409: components["responses"]["CONFLICT-ALREADY_EXISTS-REQUEST_ID_REUSED-REQUEST_TOO_LATE"];
            413: components["responses"]["INVALID_REQUEST"];
            415: components["responses"]["INVALID_REQUEST"];
            429: components["responses"]["RATE_LIMITED"];
            500: components["responses"]["INTERNAL"];
            503: components["responses"]["OVERLOADED-NO_LEADER"];
            504: components["responses"]["OUTCOME_UNKNOWN"];
        };
    };
    get_me: {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            /** @description Who calls. */
            200: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["Me"];
                };
            };
            400: components["responses"]["INVALID_REQUEST"];
            401: components["responses"]["UNAUTHENTICATED"];
            403: components["responses"]["FORBIDDEN"];
            429: components["responses"]["RATE_LIMITED"];
            500: components["responses"]["INTERNAL"];
            503: components["responses"]["OVERLOADED-NO_LEADER"];
        };
    };
    change_me: {
        parameters: {
            query?: never;
            header?: {
                /** @description The call's name: sent again with the same body it changes nothing and answers the same. */
                "Idempotency-Key"?: string;
                /** @description The `ETag` that was seen; another version is a conflict. */
                "If-Match"?: string;
            };
            path?: never;
            cookie?: never;
        };
        requestBody: {
            content: {
                "application/json": components["schemas"]["MyChange"];
            };
        };
        responses: {
            /** @description The caller as they are now. */
            200: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["Me"];
                };
            };
            400: components["responses"]["INVALID_REQUEST"];
            401: components["responses"]["UNAUTHENTICATED"];
            403: components["responses"]["FORBIDDEN"];
            408: components["responses"]["INVALID_REQUEST"];
            409: components["responses"]["CONFLICT-ALREADY_EXISTS-REQUEST_ID_REUSED-REQUEST_TOO_LATE"];
            413: components["responses"]["INVALID_REQUEST"];
            415: components["responses"]["INVALID_REQUEST"];
            429: components["responses"]["RATE_LIMITED"];
            500: components["responses"]["INTERNAL"];
            503: components["responses"]["OVERLOADED-NO_LEADER"];
            504: components["responses"]["OUTCOME_UNKNOWN"];
        };
    };
    create_login_code: {
        parameters: {
            query?: never;
            header?: {
                /** @description The call's name: sent again with the same body it changes nothing and answers the same. */
                "Idempotency-Key"?: string;
            };
            path?: never;
            cookie?: never;
        };
        requestBody: {
            content: {
                "application/json": components["schemas"]["NewLoginCode"];
            };
        };
        responses: {
            /** @description The code. */
            200: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["MadeLoginCode"];
                };
            };
            400: components["responses"]["INVALID_REQUEST"];
            401: components["responses"]["UNAUTHENTICATED"];
            403: components["responses"]["FORBIDDEN"];
            408: components["responses"]["INVALID_REQUEST"];
            409: components["responses"]["CONFLICT-ALREADY_EXISTS-REQUEST_ID_REUSED-REQUEST_TOO_LATE"];
            413: components["responses"]["INVALID_REQUEST"];
            415: components["responses"]["INVALID_REQUEST"];
            429: components["responses"]["RATE_LIMITED"];
            500: components["responses"]["INTERNAL"];
            503: components["responses"]["OVERLOADED-NO_LEADER"];
            504: components["responses"]["OUTCOME_UNKNOWN"];
        };
    };
    change_password: {
        parameters: {
            query?: never;
            header?: {
                /** @description The call's name: sent again with the same body it changes nothing and answers the same. */
                "Idempotency-Key"?: string;
                /** @description The `ETag` that was seen; another version is a conflict. */
                "If-Match"?: string;
            };
            path?: never;
            cookie?: never;
        };
        requestBody: {
            content: {
                "application/json": components["schemas"]["PasswordChange"];
            };
        };
        responses: {
            /** @description It is changed. */
            204: {
                headers: {
                    [name: string]: unknown;
                };
                content?: never;
            };
            400: components["responses"]["INVALID_REQUEST"];
            401: components["responses"]["UNAUTHENTICATED"];
            403: components["responses"]["FORBIDDEN"];
            408: components["responses"]["INVALID_REQUEST"];
            409: components["responses"]["CONFLICT-ALREADY_EXISTS-REQUEST_ID_REUSED-REQUEST_TOO_LATE"];
            413: components["responses"]["INVALID_REQUEST"];
            415: components["responses"]["INVALID_REQUEST"];
            429: components["responses"]["RATE_LIMITED"];
            500: components["responses"]["INTERNAL"];
            503: components["responses"]["OVERLOADED-NO_LEADER"];
            504: components["responses"]["OUTCOME_UNKNOWN"];
        };
    };
    revoke_own_session: {
        parameters: {
            query?: never;
            header?: {
                /** @description The call's name: sent again with the same body it changes nothing and answers the same. */
                "Idempotency-Key"?: string;
            };
            path: {
                /** @description The session's public name, `ses_…`. */
                id: string;
            };
            cookie?: never;
        };
        requestBody: {
            content: {
                "application/json": components["schemas"]["ReasonRequest"];
            };
        };
        responses: {
            /** @description The session as it is now. */
            200: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["Session"];
                };
            };
            400: components["responses"]["INVALID_REQUEST"];
            401: components["responses"]["UNAUTHENTICATED"];
            403: components["responses"]["FORBIDDEN"];
            404: components["responses"]["SESSION_NOT_FOUND"];
            408: components["responses"]["INVALID_REQUEST"];
            409: components["responses"]["REQUEST_ID_REUSED-REQUEST_TOO_LATE"];
            410: components["responses"]["SESSION_EXPIRED-SESSION_REVOKED-SESSION_RELEASED"];
            413: components["responses"]["INVALID_REQUEST"];
            415: components["responses"]["INVALID_REQUEST"];
            429: components["responses"]["RATE_LIMITED"];
            500: components["responses"]["INTERNAL"];
            503: components["responses"]["OVERLOADED-NO_LEADER"];
            504: components["responses"]["OUTCOME_UNKNOWN"];
        };
    };
    set_up_totp: {
        parameters: {
            query?: never;
            header?: {
                /** @description The call's name: sent again with the same body it changes nothing and answers the same. */
                "Idempotency-Key"?: string;
            };
            path?: never;
            cookie?: never;
        };
        requestBody: {
            content: {
                "application/json": components["schemas"]["TotpChange"];
            };
        };
        responses: {
            /** @description The secret for the authenticator, or that it is in use. */
            200: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["TotpSetup"];
                };
            };
            400: components["responses"]["INVALID_REQUEST"];
            401: components["responses"]["UNAUTHENTICATED"];
            403: components["responses"]["FORBIDDEN"];
            408: components["responses"]["INVALID_REQUEST"];
            409: components["responses"]["CONFLICT-ALREADY_EXISTS-REQUEST_ID_REUSED-REQUEST_TOO_LATE"];
            413: components["responses"]["INVALID_REQUEST"];
            415: components["responses"]["INVALID_REQUEST"];
            429: components["responses"]["RATE_LIMITED"];
            500: components["responses"]["INTERNAL"];
            503: components["responses"]["OVERLOADED-NO_LEADER"];
            504: components["responses"]["OUTCOME_UNKNOWN"];
        };
    };
    remove_totp: {
        parameters: {
            query?: never;
            header?: {
                /** @description The call's name: sent again with the same body it changes nothing and answers the same. */
                "Idempotency-Key"?: string;
            };
            path?: never;
            cookie?: never;
        };
        requestBody: {
            content: {
                "application/json": components["schemas"]["PasswordProof"];
            };
        };
        responses: {
            /** @description There is none any more. */
            204: {
                headers: {
                    [name: string]: unknown;
                };
                content?: never;
            };
            400: components["responses"]["INVALID_REQUEST"];
            401: components["responses"]["UNAUTHENTICATED"];
            403: components["responses"]["FORBIDDEN"];
            408: components["responses"]["INVALID_REQUEST"];
            409: components["responses"]["CONFLICT-ALREADY_EXISTS-REQUEST_ID_REUSED-REQUEST_TOO_LATE"];
            413: components["responses"]["INVALID_REQUEST"];
            415: components["responses"]["INVALID_REQUEST"];
            429: components["responses"]["RATE_LIMITED"];
            500: components["responses"]["INTERNAL"];
            503: components["responses"]["OVERLOADED-NO_LEADER"];
            504: components["responses"]["OUTCOME_UNKNOWN"];
        };
    };
    create_user_token: {
        parameters: {
            query?: never;
            header?: {
                /** @description The call's name: sent again with the same body it changes nothing and answers the same. */
                "Idempotency-Key"?: string;
            };
            path?: never;
            cookie?: never;
        };
        requestBody?: {
            content: {
                "application/json": components["schemas"]["NewUserToken"];
            };
        };
        responses: {
            /** @description The token. */
            200: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["MadeUserToken"];
                };
            };
            400: components["responses"]["INVALID_REQUEST"];
            401: components["responses"]["UNAUTHENTICATED"];
            403: components["responses"]["FORBIDDEN"];
            408: components["responses"]["INVALID_REQUEST"];
            409: components["responses"]["CONFLICT-ALREADY_EXISTS-REQUEST_ID_REUSED-REQUEST_TOO_LATE"];
            413: components["responses"]["INVALID_REQUEST"];
            415: components["responses"]["INVALID_REQUEST"];
            429: components["responses"]["RATE_LIMITED"];
            500: components["responses"]["INTERNAL"];
            503: components["responses"]["OVERLOADED-NO_LEADER"];
            504: components["responses"]["OUTCOME_UNKNOWN"];
        };
    };
    get_openapi: {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            /** @description The OpenAPI document. */
            200: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": Record<string, never>;
                };
            };
        };
    };
    list_people: {
        parameters: {
            query?: {
                /** @description How many items a page has. */
                limit?: components["schemas"]["Limit"];
                /** @description `next_cursor` of the page before. */
                cursor?: string;
                /** @description What to sort by; left out, by id. In an order the answer has a `total`. */
                sort?: components["schemas"]["PersonSort"];
                /** @description Which way to sort. */
                order?: components["schemas"]["Order"];
                /** @description Only those of this role. */
                role?: components["schemas"]["RoleName"];
                /** @description Only the members of the customer with this id or reference. */
                customer?: components["schemas"]["Handle"];
                /** @description Only those whose name or address contains this. */
                search?: components["schemas"]["Search"];
            };
            header?: never;
            path?: never;
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            /** @description A page of people. */
            200: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["Page_Person"];
                };
            };
            400: components["responses"]["INVALID_REQUEST"];
            401: components["responses"]["UNAUTHENTICATED"];
            403: components["responses"]["FORBIDDEN"];
            429: components["responses"]["RATE_LIMITED"];
            500: components["responses"]["INTERNAL"];
            503: components["responses"]["OVERLOADED-NO_LEADER"];
        };
    };
    create_person: {
        parameters: {
            query?: never;
            header?: {
                /** @description The call's name: sent again with the same body it changes nothing and answers the same. */
                "Idempotency-Key"?: string;
            };
            path?: never;
            cookie?: never;
        };
        requestBody: {
            content: {
                "application/json": components["schemas"]["NewPerson"];
            };
        };
        responses: {
            /** @description The person, with their link. */
            201: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["PersonWithLink"];
                };
            };
            400: components["responses"]["INVALID_REQUEST"];
            401: components["responses"]["UNAUTHENTICATED"];
            403: components["responses"]["FORBIDDEN"];
            408: components["responses"]["INVALID_REQUEST"];
            409: components["responses"]["CONFLICT-ALREADY_EXISTS-REQUEST_ID_REUSED-REQUEST_TOO_LATE"];
            413: components["responses"]["INVALID_REQUEST"];
            415: components["responses"]["INVALID_REQUEST"];
            429: components["responses"]["RATE_LIMITED"];
            500: components["responses"]["INTERNAL"];
            503: components["responses"]["OVERLOADED-NO_LEADER"];
            504: components["responses"]["OUTCOME_UNKNOWN"];
        };
    };
    get_person: {
        parameters: {
            query?: never;
            header?: never;
            path: {
                /** @description The person's id or e-mail address. */
                id: string;
            };
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            /** @description The person. */
            200: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["Person"];
                };
            };
            400: components["responses"]["INVALID_REQUEST"];
            401: components["responses"]["UNAUTHENTICATED"];
            403: components["responses"]["FORBIDDEN"];
            404: components["responses"]["NOT_FOUND"];
            429: components["responses"]["RATE_LIMITED"];
            500: components["responses"]["INTERNAL"];
            503: components["responses"]["OVERLOADED-NO_LEADER"];
        };
    };
    remove_person: {
        parameters: {
            query?: never;
            header?: {
                /** @description The call's name: sent again with the same body it changes nothing and answers the same. */
                "Idempotency-Key"?: string;
            };
            path: {
                /** @description The person's id or e-mail address. */
                id: string;
            };
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            /** @description They are removed. */
            204: {
                headers: {
                    [name: string]: unknown;
                };
                content?: never;
            };
            400: components["responses"]["INVALID_REQUEST"];
            401: components["responses"]["UNAUTHENTICATED"];
            403: components["responses"]["FORBIDDEN"];
            404: components["responses"]["NOT_FOUND"];
            408: components["responses"]["INVALID_REQUEST"];
            409: components["responses"]["CONFLICT-ALREADY_EXISTS-REQUEST_ID_REUSED-REQUEST_TOO_LATE"];
            413: components["responses"]["INVALID_REQUEST"];
            415: components["responses"]["INVALID_REQUEST"];
            429: components["responses"]["RATE_LIMITED"];
            500: components["responses"]["INTERNAL"];
            503: components["responses"]["OVERLOADED-NO_LEADER"];
            504: components["responses"]["OUTCOME_UNKNOWN"];
        };
    };
    change_person: {
        parameters: {
            query?: never;
            header?: {
                /** @description The call's name: sent again with the same body it changes nothing and answers the same. */
                "Idempotency-Key"?: string;
                /** @description The `ETag` that was seen; another version is a conflict. */
                "If-Match"?: string;
            };
            path: {
                /** @description The person's id or e-mail address. */
                id: string;
            };
            cookie?: never;
        };
        requestBody: {
            content: {
                "application/json": components["schemas"]["PersonChange"];
            };
        };
        responses: {
            /** @description The person as they are now. */
            200: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["Person"];
                };
            };
            400: components["responses"]["INVALID_REQUEST"];
            401: components["responses"]["UNAUTHENTICATED"];
            403: components["responses"]["FORBIDDEN"];
            404: components["responses"]["NOT_FOUND"];
            408: components["responses"]["INVALID_REQUEST"];
            409: components["responses"]["CONFLICT-ALREADY_EXISTS-REQUEST_ID_REUSED-REQUEST_TOO_LATE"];
            413: components["responses"]["INVALID_REQUEST"];
            415: components["responses"]["INVALID_REQUEST"];
            429: components["responses"]["RATE_LIMITED"];
            500: components["responses"]["INTERNAL"];
            503: components["responses"]["OVERLOADED-NO_LEADER"];
            504: components["responses"]["OUTCOME_UNKNOWN"];
        };
    };
    unlink_identities: {
        parameters: {
            query?: never;
            header?: {
                /** @description The call's name: sent again with the same body it changes nothing and answers the same. */
                "Idempotency-Key"?: string;
            };
            path: {
                /** @description The person's id or e-mail address. */
                id: string;
            };
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            /** @description They are forgotten. */
            204: {
                headers: {
                    [name: string]: unknown;
                };
                content?: never;
            };
            400: components["responses"]["INVALID_REQUEST"];
            401: components["responses"]["UNAUTHENTICATED"];
            403: components["responses"]["FORBIDDEN"];
            404: components["responses"]["NOT_FOUND"];
            408: components["responses"]["INVALID_REQUEST"];
            409: components["responses"]["CONFLICT-ALREADY_EXISTS-REQUEST_ID_REUSED-REQUEST_TOO_LATE"];
            413: components["responses"]["INVALID_REQUEST"];
            415: components["responses"]["INVALID_REQUEST"];
            429: components["responses"]["RATE_LIMITED"];
            500: components["responses"]["INTERNAL"];
            503: components["responses"]["OVERLOADED-NO_LEADER"];
            504: components["responses"]["OUTCOME_UNKNOWN"];
        };
    };
    invite_person: {
        parameters: {
            query?: never;
            header?: {
                /** @description The call's name: sent again with the same body it changes nothing and answers the same. */
                "Idempotency-Key"?: string;
            };
            path: {
                /** @description The person's id or e-mail address. */
                id: string;
            };
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            /** @description The person, with their link. */
            200: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["PersonWithLink"];
                };
            };
            400: components["responses"]["INVALID_REQUEST"];
            401: components["responses"]["UNAUTHENTICATED"];
            403: components["responses"]["FORBIDDEN"];
            404: components["responses"]["NOT_FOUND"];
            408: components["responses"]["INVALID_REQUEST"];
            409: components["responses"]["CONFLICT-ALREADY_EXISTS-REQUEST_ID_REUSED-REQUEST_TOO_LATE"];
            413: components["responses"]["INVALID_REQUEST"];
            415: components["responses"]["INVALID_REQUEST"];
            429: components["responses"]["RATE_LIMITED"];
            500: components["responses"]["INTERNAL"];
            503: components["responses"]["OVERLOADED-NO_LEADER"];
            504: components["responses"]["OUTCOME_UNKNOWN"];
        };
    };
    end_logins: {
        parameters: {
            query?: never;
            header?: {
                /** @description The call's name: sent again with the same body it changes nothing and answers the same. */
                "Idempotency-Key"?: string;
            };
            path: {
                /** @description The person's id or e-mail address. */
                id: string;
            };
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            /** @description They are signed in nowhere. */
            204: {
                headers: {
                    [name: string]: unknown;
                };
                content?: never;
            };
            400: components["responses"]["INVALID_REQUEST"];
            401: components["responses"]["UNAUTHENTICATED"];
            403: components["responses"]["FORBIDDEN"];
            404: components["responses"]["NOT_FOUND"];
            408: components["responses"]["INVALID_REQUEST"];
            409: components["responses"]["CONFLICT-ALREADY_EXISTS-REQUEST_ID_REUSED-REQUEST_TOO_LATE"];
            413: components["responses"]["INVALID_REQUEST"];
            415: components["responses"]["INVALID_REQUEST"];
            429: components["responses"]["RATE_LIMITED"];
            500: components["responses"]["INTERNAL"];
            503: components["responses"]["OVERLOADED-NO_LEADER"];
            504: components["responses"]["OUTCOME_UNKNOWN"];
        };
    };
    list_plans: {
        parameters: {
            query?: {
                /** @description How many items a page has. */
                limit?: components["schemas"]["Limit"];
                /** @description `next_cursor` of the page before. */
                cursor?: components["schemas"]["PlanId"];
                /** @description Only those of the product with this id or code. */
                product?: components["schemas"]["Handle"];
                /** @description Only those whose code or name contains this. */
                search?: components["schemas"]["Search"];
            };
            header?: never;
            path?: never;
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            /** @description A page of plans. */
            200: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["Page_Plan"];
                };
            };
            400: components["responses"]["INVALID_REQUEST"];
            401: components["responses"]["UNAUTHENTICATED"];
            403: components["responses"]["FORBIDDEN"];
            429: components["responses"]["RATE_LIMITED"];
            500: components["responses"]["INTERNAL"];
            503: components["responses"]["OVERLOADED-NO_LEADER"];
        };
    };
    create_plan: {
        parameters: {
            query?: never;
            header?: {
                /** @description The call's name: sent again with the same body it changes nothing and answers the same. */
                "Idempotency-Key"?: string;
            };
            path?: never;
            cookie?: never;
        };
        requestBody: {
            content: {
                "application/json": components["schemas"]["NewPlan"];
            };
        };
        responses: {
            /** @description The plan. */
            201: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["Plan"];
                };
            };
            400: components["responses"]["INVALID_REQUEST"];
            401: components["responses"]["UNAUTHENTICATED"];
            403: components["responses"]["FORBIDDEN"];
            408: components["responses"]["INVALID_REQUEST"];
            409: components["responses"]["CONFLICT-ALREADY_EXISTS-REQUEST_ID_REUSED-REQUEST_TOO_LATE"];
            413: components["responses"]["INVALID_REQUEST"];
            415: components["responses"]["INVALID_REQUEST"];
            429: components["responses"]["RATE_LIMITED"];
            500: components["responses"]["INTERNAL"];
            503: components["responses"]["OVERLOADED-NO_LEADER"];
            504: components["responses"]["OUTCOME_UNKNOWN"];
        };
    };
    get_plan: {
        parameters: {
            query?: never;
            header?: never;
            path: {
                /** @description The plan's id, `product:plan` by their codes, or a unique code. */
                id: string;
            };
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            /** @description The plan. */
            200: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["Plan"];
                };
            };
            400: components["responses"]["INVALID_REQUEST"];
            401: components["responses"]["UNAUTHENTICATED"];
            403: components["responses"]["FORBIDDEN"];
            404: components["responses"]["NOT_FOUND"];
            429: components["responses"]["RATE_LIMITED"];
            500: components["responses"]["INTERNAL"];
            503: components["responses"]["OVERLOADED-NO_LEADER"];
        };
    };
    change_plan: {
        parameters: {
            query?: never;
            header?: {
                /** @description The call's name: sent again with the same body it changes nothing and answers the same. */
                "Idempotency-Key"?: string;
                /** @description The `ETag` that was seen; another version is a conflict. */
                "If-Match"?: string;
            };
            path: {
                /** @description The plan's id, `product:plan` by their codes, or a unique code. */
                id: string;
            };
            cookie?: never;
        };
        requestBody: {
            content: {
                "application/json": components["schemas"]["PlanChange"];
            };
        };
        responses: {
            /** @description The plan as it is now. */
            200: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["Plan"];
                };
            };
            400: components["responses"]["INVALID_REQUEST"];
            401: components["responses"]["UNAUTHENTICATED"];
            403: components["responses"]["FORBIDDEN"];
            404: components["responses"]["NOT_FOUND"];
            408: components["responses"]["INVALID_REQUEST"];
            409: components["responses"]["CONFLICT-ALREADY_EXISTS-REQUEST_ID_REUSED-REQUEST_TOO_LATE"];
            413: components["responses"]["INVALID_REQUEST"];
            415: components["responses"]["INVALID_REQUEST"];
            429: components["responses"]["RATE_LIMITED"];
            500: components["responses"]["INTERNAL"];
            503: components["responses"]["OVERLOADED-NO_LEADER"];
            504: components["responses"]["OUTCOME_UNKNOWN"];
        };
    };
    list_products: {
        parameters: {
            query?: {
                /** @description How many items a page has. */
                limit?: components["schemas"]["Limit"];
                /** @description `next_cursor` of the page before. */
                cursor?: components["schemas"]["ProductId"];
                /** @description Only those whose code or name contains this. */
                search?: components["schemas"]["Search"];
            };
            header?: never;
            path?: never;
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            /** @description A page of products. */
            200: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["Page_Product"];
                };
            };
            400: components["responses"]["INVALID_REQUEST"];
            401: components["responses"]["UNAUTHENTICATED"];
            403: components["responses"]["FORBIDDEN"];
            429: components["responses"]["RATE_LIMITED"];
            500: components["responses"]["INTERNAL"];
            503: components["responses"]["OVERLOADED-NO_LEADER"];
        };
    };
    create_product: {
        parameters: {
            query?: never;
            header?: {
                /** @description The call's name: sent again with the same body it changes nothing and answers the same. */
                "Idempotency-Key"?: string;
            };
            path?: never;
            cookie?: never;
        };
        requestBody: {
            content: {
                "application/json": components["schemas"]["NewProduct"];
            };
        };
        responses: {
            /** @description The product. */
            201: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["Product"];
                };
            };
            400: components["responses"]["INVALID_REQUEST"];
            401: components["responses"]["UNAUTHENTICATED"];
            403: components["responses"]["FORBIDDEN"];
            408: components["responses"]["INVALID_REQUEST"];
            409: components["responses"]["CONFLICT-ALREADY_EXISTS-REQUEST_ID_REUSED-REQUEST_TOO_LATE"];
            413: components["responses"]["INVALID_REQUEST"];
            415: components["responses"]["INVALID_REQUEST"];
            429: components["responses"]["RATE_LIMITED"];
            500: components["responses"]["INTERNAL"];
            503: components["responses"]["OVERLOADED-NO_LEADER"];
            504: components["responses"]["OUTCOME_UNKNOWN"];
        };
    };
    get_product: {
        parameters: {
            query?: never;
            header?: never;
            path: {
                /** @description The product's id or code. */
                id: string;
            };
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            /** @description The product. */
            200: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["Product"];
                };
            };
            400: components["responses"]["INVALID_REQUEST"];
            401: components["responses"]["UNAUTHENTICATED"];
            403: components["responses"]["FORBIDDEN"];
            404: components["responses"]["NOT_FOUND"];
            429: components["responses"]["RATE_LIMITED"];
            500: components["responses"]["INTERNAL"];
            503: components["responses"]["OVERLOADED-NO_LEADER"];
        };
    };
    change_product: {
        parameters: {
            query?: never;
            header?: {
                /** @description The call's name: sent again with the same body it changes nothing and answers the same. */
                "Idempotency-Key"?: string;
                /** @description The `ETag` that was seen; another version is a conflict. */
                "If-Match"?: string;
            };
            path: {
                /** @description The product's id or code. */
                id: string;
            };
            cookie?: never;
        };
        requestBody: {
            content: {
                "application/json": components["schemas"]["ProductChange"];
            };
        };
        responses: {
            /** @description The product as it is now. */
            200: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["Product"];
                };
            };
            400: components["responses"]["INVALID_REQUEST"];
            401: components["responses"]["UNAUTHENTICATED"];
            403: components["responses"]["FORBIDDEN"];
            404: components["responses"]["NOT_FOUND"];
            408: components["responses"]["INVALID_REQUEST"];
            409: components["responses"]["CONFLICT-ALREADY_EXISTS-REQUEST_ID_REUSED-REQUEST_TOO_LATE"];
            413: components["responses"]["INVALID_REQUEST"];
            415: components["responses"]["INVALID_REQUEST"];
            429: components["responses"]["RATE_LIMITED"];
            500: components["responses"]["INTERNAL"];
            503: components["responses"]["OVERLOADED-NO_LEADER"];
            504: components["responses"]["OUTCOME_UNKNOWN"];
        };
    };
    list_refusals: {
        parameters: {
            query?: {
                /** @description How many items a page has. */
                limit?: components["schemas"]["Limit"];
                /** @description `next_cursor` of the page before. */
                cursor?: string;
                /** @description Only those of this license. */
                license?: components["schemas"]["LicenseId"];
                /** @description Only those of this customer's licenses: its id or reference. */
                customer?: components["schemas"]["Handle"];
                /** @description Only those for this reason. */
                reason?: components["schemas"]["RefusalReason"];
                /** @description Only those from this time on. */
                from?: components["schemas"]["Timestamp"];
                /** @description Only those before this time. */
                to?: components["schemas"]["Timestamp"];
            };
            header?: never;
            path?: never;
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            /** @description A page of refusals. */
            200: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["PastPage_Refusal"];
                };
            };
            400: components["responses"]["INVALID_REQUEST"];
            401: components["responses"]["UNAUTHENTICATED"];
            403: components["responses"]["FORBIDDEN"];
            429: components["responses"]["RATE_LIMITED"];
            500: components["responses"]["INTERNAL"];
            503: components["responses"]["OVERLOADED-NO_LEADER"];
        };
    };
    explain_refusal: {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        requestBody: {
            content: {
                "application/json": components["schemas"]["ExplainRequest"];
            };
        };
        responses: {
            /** @description Why. */
            200: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["Explanation"];
                };
            };
            400: components["responses"]["INVALID_REQUEST"];
            404: components["responses"]["NOT_FOUND"];
            408: components["responses"]["INVALID_REQUEST"];
            413: components["responses"]["INVALID_REQUEST"];
            415: components["responses"]["INVALID_REQUEST"];
            429: components["responses"]["RATE_LIMITED"];
            500: components["responses"]["INTERNAL"];
            503: components["responses"]["OVERLOADED-NO_LEADER"];
            504: components["responses"]["OUTCOME_UNKNOWN"];
        };
    };
    get_refusal: {
        parameters: {
            query?: never;
            header?: never;
            path: {
                /** @description The refusal's name, `ref_…`. */
                id: string;
            };
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            /** @description The refusal. */
            200: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["RefusalView"];
                };
            };
            400: components["responses"]["INVALID_REQUEST"];
            401: components["responses"]["UNAUTHENTICATED"];
            403: components["responses"]["FORBIDDEN"];
            404: components["responses"]["NOT_FOUND"];
            429: components["responses"]["RATE_LIMITED"];
            500: components["responses"]["INTERNAL"];
            503: components["responses"]["OVERLOADED-NO_LEADER"];
        };
    };
    get_retention: {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            /** @description The setting, and from when on there is history. */
            200: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["Retention"];
                };
            };
            400: components["responses"]["INVALID_REQUEST"];
            401: components["responses"]["UNAUTHENTICATED"];
            403: components["responses"]["FORBIDDEN"];
            429: components["responses"]["RATE_LIMITED"];
            500: components["responses"]["INTERNAL"];
            503: components["responses"]["OVERLOADED-NO_LEADER"];
        };
    };
    set_retention: {
        parameters: {
            query?: never;
            header?: {
                /** @description The call's name: sent again with the same body it changes nothing and answers the same. */
                "Idempotency-Key"?: string;
                /** @description The `ETag` that was seen; another version is a conflict. */
                "If-Match"?: string;
            };
            path?: never;
            cookie?: never;
        };
        requestBody?: {
            content: {
                "application/json": components["schemas"]["NewRetention"];
            };
        };
        responses: {
            /** @description The setting as it is now. */
            200: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["Retention"];
                };
            };
            400: components["responses"]["INVALID_REQUEST"];
            401: components["responses"]["UNAUTHENTICATED"];
            403: components["responses"]["FORBIDDEN"];
            408: components["responses"]["INVALID_REQUEST"];
            409: components["responses"]["CONFLICT-ALREADY_EXISTS-REQUEST_ID_REUSED-REQUEST_TOO_LATE"];
            413: components["responses"]["INVALID_REQUEST"];
            415: components["responses"]["INVALID_REQUEST"];
            429: components["responses"]["RATE_LIMITED"];
            500: components["responses"]["INTERNAL"];
            503: components["responses"]["OVERLOADED-NO_LEADER"];
            504: components["responses"]["OUTCOME_UNKNOWN"];
        };
    };
    list_sessions: {
        parameters: {
            query?: {
                /** @description How many items a page has. */
                limit?: components["schemas"]["Limit"];
                /** @description `next_cursor` of the page before. */
                cursor?: string;
                /** @description Only those of this license. */
                license?: components["schemas"]["LicenseId"];
                /** @description Only those of the customer with this id or reference. */
                customer?: components["schemas"]["Handle"];
                /** @description Only those of the product with this id or code. */
                product?: components["schemas"]["Handle"];
                /**
                 * @description Only those whose host, instance, application or public name, the last characters of whose key, or whose
                 *     customer's or product's name contain this.
                 */
                search?: components["schemas"]["Search"];
                /** @description What to sort by; left out, by their grants, and those of one license by their holders. */
                sort?: components["schemas"]["SessionSort"];
                /** @description Which way to sort; without `sort` it is by their grants. */
                order?: components["schemas"]["Order"];
            };
            header?: never;
            path?: never;
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            /** @description A page of live sessions. */
            200: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["Page_Session"];
                };
            };
            400: components["responses"]["INVALID_REQUEST"];
            401: components["responses"]["UNAUTHENTICATED"];
            403: components["responses"]["FORBIDDEN"];
            429: components["responses"]["RATE_LIMITED"];
            500: components["responses"]["INTERNAL"];
            503: components["responses"]["OVERLOADED-NO_LEADER"];
        };
    };
    stream_sessions: {
        parameters: {
            query?: {
                /** @description Only those of this license. */
                license?: components["schemas"]["LicenseId"];
                /** @description Only those of the customer with this id or reference. */
                customer?: components["schemas"]["Handle"];
                /** @description Only those of the product with this id or code. */
                product?: components["schemas"]["Handle"];
                /** @description Only those that contain this, as in the list of sessions. */
                search?: components["schemas"]["Search"];
                /** @description How long to watch. */
                seconds?: components["schemas"]["Seconds"];
            };
            header?: never;
            path?: never;
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            /** @description Events; the data of each is a JSON object. */
            200: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "text/event-stream": components["schemas"]["SessionEvent"];
                };
            };
            400: components["responses"]["INVALID_REQUEST"];
            401: components["responses"]["UNAUTHENTICATED"];
            403: components["responses"]["FORBIDDEN"];
            429: components["responses"]["RATE_LIMITED"];
            500: components["responses"]["INTERNAL"];
            503: components["responses"]["OVERLOADED-NO_LEADER"];
        };
    };
    get_session: {
        parameters: {
            query?: never;
            header?: never;
            path: {
                /** @description The session's public name, `ses_…`. */
                id: string;
            };
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            /** @description The session. */
            200: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["Session"];
                };
            };
            400: components["responses"]["INVALID_REQUEST"];
            401: components["responses"]["UNAUTHENTICATED"];
            403: components["responses"]["FORBIDDEN"];
            404: components["responses"]["SESSION_NOT_FOUND"];
            429: components["responses"]["RATE_LIMITED"];
            500: components["responses"]["INTERNAL"];
            503: components["responses"]["OVERLOADED-NO_LEADER"];
        };
    };
    revoke_session: {
        parameters: {
            query?: never;
            header?: {
                /** @description The call's name: sent again with the same body it changes nothing and answers the same. */
                "Idempotency-Key"?: string;
            };
            path: {
                /** @description The session's public name, `ses_…`. */
                id: string;
            };
            cookie?: never;
        };
        requestBody: {
            content: {
                "application/json": components["schemas"]["ReasonRequest"];
            };
        };
        responses: {
            /** @description The session as it is now. */
            200: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["Session"];
                };
            };
            400: components["responses"]["INVALID_REQUEST"];
            401: components["responses"]["UNAUTHENTICATED"];
            403: components["responses"]["FORBIDDEN"];
            404: components["responses"]["SESSION_NOT_FOUND"];
            408: components["responses"]["INVALID_REQUEST"];
            409: components["responses"]["REQUEST_ID_REUSED-REQUEST_TOO_LATE"];
            410: components["responses"]["SESSION_EXPIRED-SESSION_REVOKED-SESSION_RELEASED"];
            413: components["responses"]["INVALID_REQUEST"];
            415: components["responses"]["INVALID_REQUEST"];
            429: components["responses"]["RATE_LIMITED"];
            500: components["responses"]["INTERNAL"];
            503: components["responses"]["OVERLOADED-NO_LEADER"];
            504: components["responses"]["OUTCOME_UNKNOWN"];
        };
    };
    set_up: {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        requestBody: {
            content: {
                "application/json": components["schemas"]["SetUp"];
            };
        };
        responses: {
            /** @description Who can sign in now. */
            200: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["Me"];
                };
            };
            400: components["responses"]["INVALID_REQUEST"];
            403: components["responses"]["FORBIDDEN"];
            408: components["responses"]["INVALID_REQUEST"];
            409: components["responses"]["ALREADY_EXISTS-CONFLICT-REQUEST_ID_REUSED-REQUEST_TOO_LATE"];
            410: components["responses"]["INVITATION_INVALID"];
            413: components["responses"]["INVALID_REQUEST"];
            415: components["responses"]["INVALID_REQUEST"];
            429: components["responses"]["RATE_LIMITED"];
            500: components["responses"]["INTERNAL"];
            503: components["responses"]["OVERLOADED-NO_LEADER"];
            504: components["responses"]["OUTCOME_UNKNOWN"];
        };
    };
    finish_sign_in: {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            /** @description `Location` is the page that was asked for, with the login's cookie in `Set-Cookie`, or the console's with `sign_in_error`. */
            303: {
                headers: {
                    [name: string]: unknown;
                };
                content?: never;
            };
            400: components["responses"]["INVALID_REQUEST"];
            500: components["responses"]["INTERNAL"];
            503: components["responses"]["OVERLOADED-NO_LEADER"];
        };
    };
    list_sign_in_providers: {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            /** @description The providers, by name. */
            200: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["SignInProviders"];
                };
            };
            400: components["responses"]["INVALID_REQUEST"];
            500: components["responses"]["INTERNAL"];
            503: components["responses"]["OVERLOADED-NO_LEADER"];
        };
    };
    start_sign_in: {
        parameters: {
            query: {
                /** @description The provider. */
                provider: components["schemas"]["ProviderId"];
                /** @description The page of the console to go on with. */
                return_to?: components["schemas"]["ReturnTo"];
            };
            header?: never;
            path?: never;
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            /** @description `Location` is the provider's page, or the console's with `sign_in_error` if it cannot be asked. */
            303: {
                headers: {
                    [name: string]: unknown;
                };
                content?: never;
            };
            400: components["responses"]["INVALID_REQUEST"];
            404: components["responses"]["NOT_FOUND"];
            500: components["responses"]["INTERNAL"];
            503: components["responses"]["OVERLOADED-NO_LEADER"];
        };
    };
    get_summary: {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            /** @description Seats, peaks, refusals and ends. */
            200: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["Summary"];
                };
            };
            400: components["responses"]["INVALID_REQUEST"];
            401: components["responses"]["UNAUTHENTICATED"];
            403: components["responses"]["FORBIDDEN"];
            429: components["responses"]["RATE_LIMITED"];
            500: components["responses"]["INTERNAL"];
            503: components["responses"]["OVERLOADED-NO_LEADER"];
        };
    };
    list_tokens: {
        parameters: {
            query?: {
                /** @description How many items a page has. */
                limit?: components["schemas"]["Limit"];
                /** @description `next_cursor` of the page before. */
                cursor?: components["schemas"]["ApiTokenId"];
            };
            header?: never;
            path?: never;
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            /** @description A page of API tokens. */
            200: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["Page_Token"];
                };
            };
            400: components["responses"]["INVALID_REQUEST"];
            401: components["responses"]["UNAUTHENTICATED"];
            403: components["responses"]["FORBIDDEN"];
            429: components["responses"]["RATE_LIMITED"];
            500: components["responses"]["INTERNAL"];
            503: components["responses"]["OVERLOADED-NO_LEADER"];
        };
    };
    create_token: {
        parameters: {
            query?: never;
            header?: {
                /** @description The call's name: sent again with the same body it changes nothing and answers the same. */
                "Idempotency-Key"?: string;
            };
            path?: never;
            cookie?: never;
        };
        requestBody: {
            content: {
                "application/json": components["schemas"]["NewToken"];
            };
        };
        responses: {
            /** @description The API token with its secret. */
            201: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["TokenWithSecret"];
                };
            };
            400: components["responses"]["INVALID_REQUEST"];
            401: components["responses"]["UNAUTHENTICATED"];
            403: components["responses"]["FORBIDDEN"];
            408: components["responses"]["INVALID_REQUEST"];
            409: components["responses"]["CONFLICT-ALREADY_EXISTS-REQUEST_ID_REUSED-REQUEST_TOO_LATE"];
            413: components["responses"]["INVALID_REQUEST"];
            415: components["responses"]["INVALID_REQUEST"];
            429: components["responses"]["RATE_LIMITED"];
            500: components["responses"]["INTERNAL"];
            503: components["responses"]["OVERLOADED-NO_LEADER"];
            504: components["responses"]["OUTCOME_UNKNOWN"];
        };
    };
    get_token: {
        parameters: {
            query?: never;
            header?: never;
            path: {
                /** @description The API token's id. */
                id: string;
            };
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            /** @description The API token. */
            200: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["Token"];
                };
            };
            400: components["responses"]["INVALID_REQUEST"];
            401: components["responses"]["UNAUTHENTICATED"];
            403: components["responses"]["FORBIDDEN"];
            404: components["responses"]["NOT_FOUND"];
            429: components["responses"]["RATE_LIMITED"];
            500: components["responses"]["INTERNAL"];
            503: components["responses"]["OVERLOADED-NO_LEADER"];
        };
    };
    revoke_token: {
        parameters: {
            query?: never;
            header?: {
                /** @description The call's name: sent again with the same body it changes nothing and answers the same. */
                "Idempotency-Key"?: string;
            };
            path: {
                /** @description The API token's id. */
                id: string;
            };
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            /** @description The API token as it is now. */
            200: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["Token"];
                };
            };
            400: components["responses"]["INVALID_REQUEST"];
            401: components["responses"]["UNAUTHENTICATED"];
            403: components["responses"]["FORBIDDEN"];
            404: components["responses"]["NOT_FOUND"];
            408: components["responses"]["INVALID_REQUEST"];
            409: components["responses"]["CONFLICT-ALREADY_EXISTS-REQUEST_ID_REUSED-REQUEST_TOO_LATE"];
            413: components["responses"]["INVALID_REQUEST"];
            415: components["responses"]["INVALID_REQUEST"];
            429: components["responses"]["RATE_LIMITED"];
            500: components["responses"]["INTERNAL"];
            503: components["responses"]["OVERLOADED-NO_LEADER"];
            504: components["responses"]["OUTCOME_UNKNOWN"];
        };
    };
    redeem_login_code: {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        requestBody: {
            content: {
                "application/json": components["schemas"]["RedeemedCode"];
            };
        };
        responses: {
            /** @description The token. */
            200: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["MadeUserToken"];
                };
            };
            400: components["responses"]["INVALID_REQUEST"];
            401: components["responses"]["TOKEN_INVALID"];
            403: components["responses"]["FORBIDDEN"];
            408: components["responses"]["INVALID_REQUEST"];
            413: components["responses"]["INVALID_REQUEST"];
            415: components["responses"]["INVALID_REQUEST"];
            429: components["responses"]["RATE_LIMITED"];
            500: components["responses"]["INTERNAL"];
            503: components["responses"]["OVERLOADED-NO_LEADER"];
            504: components["responses"]["OUTCOME_UNKNOWN"];
        };
    };
}
