"""What a tenants file looks like, as `parley tenants apply --help` shows it."""

SHAPE = """\
a tenants file is YAML:

  platform:                      # the Meta app that all tenants share; leave out if there is none
    app: platform
    app_secret: {from_env: META_APP_SECRET}
    verify_token: {from_file: secrets/meta-verify-token}
  tenants:
    - tenant: acme-bank          # slug: a-z 0-9 -
      name: Acme Bank
      status: active             # or suspended: its webhooks are refused
      credentials:
        whatsapp: {default: {access_token: {from_file: secrets/acme-whatsapp}}}
        genesys:
          default:
            client_id: 1e5a...
            client_secret: {from_env: ACME_CLIENT_SECRET}
            region: mypurecloud.de
      apps: []                   # own Meta apps: {app, app_secret, verify_token}
      channels:
        - name: main
          phone_number_id: "106540352242922"
          waba_id: "102290129340398"
          display_phone_number: "+49 151 1234567"
          integration_id: 2b7c...
          region: mypurecloud.de
          webhook_secret: {from_file: secrets/acme-webhook}   # longer than 15 characters
          meta_app: platform     # optional, as are: whatsapp_credential, genesys_credential
          limits: {}             # (or a list of them), status. Limits: messages_per_second.
          options: {}            # Options: media_mode, fallback_template, typing,
                                 # suspended_answer (docs/onboard-a-tenant.md)

A secret is text, {from_file: path} (beside the tenants file) or {from_env: NAME}; one left out
keeps what is stored. Nothing is deleted by leaving it out. The same file twice changes nothing.
"""
