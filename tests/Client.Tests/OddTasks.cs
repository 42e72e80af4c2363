using JobSystem.Api;

namespace JobSystem.Client.Tests;

/// <summary>Tasks whose names and schemas are as awkward as the API allows.</summary>
static class OddTasks
{
    public static IReadOnlyList<RegisteredTask> All { get; } =
    [
        Task("make_invoice", """
            {"type":"object","additionalProperties":false,"required":["order_id","total","lines","customer","paid","odd name"],"properties":{
              "order_id":{"type":"string","format":"uuid","description":"The order"},
              "total":{"type":"number","minimum":-79228162514264337593543950335,"maximum":79228162514264337593543950335},
              "lines":{"type":"array","items":{"type":"object","required":["count"],"properties":{
                "count":{"type":"integer","minimum":-2147483648,"maximum":2147483647},"note":{"type":["string","null"],"default":null},
                "parts":{"type":"array","items":{"$ref":"#/properties/lines/items"}}}}},
              "customer":{"type":["object","null"],"required":["name"],"properties":{"name":{"type":"string"},"born":{"type":["string","null"],"format":"date"}}},
              "paid":{"type":"boolean"},
              "odd name":{"type":"string"},
              "odd-name":{"type":"string","default":"a\\b \"c\""},
              "priority":{"enum":["low","very-high","2nd",null],"default":"low","description":"How soon"},
              "labels":{"type":["object","null"],"additionalProperties":{"type":"array","items":{"type":"integer"}}},
              "metadata":{"type":"object"},
              "anything":true,
              "due":{"type":"string","format":"date-time"},"at":{"type":"string","format":"time"},"site":{"type":"string","format":"uri"},
              "big":{"type":"integer","minimum":0,"maximum":340282366920938463463374607431768211455},
              "wide":{"type":"integer","minimum":0,"maximum":18446744073709551615},
              "maybe":{"anyOf":[{"type":"object","properties":{"x":{"type":"number"}}},{"type":"null"}]},
              "either":{"anyOf":[{"type":"string"},{"type":"number"}]},
              "mixed":{"type":["string","integer"]},
              "size":{"enum":[1,2,3]},
              "fixed":{"const":"only"},
              "mark":{"enum":["","new"]},
              "padded":{"enum":["a"," b"]},
              "tuple":{"type":"array","prefixItems":[{"type":"string"}]},
              "elsewhere":{"$ref":"https://example.com/schema"},
              "shared":{"$ref":"#/$defs/address"}},
             "$defs":{"address":{"type":"object","description":"Where","properties":{"street":{"type":"string"},"next":{"$ref":"#/$defs/address"}}}}}
            """, "Makes \"the\" invoice <of> an order & mails it */ // \r\nin two lines \u2028 {0}", queue: "invoices", version: "1.10"),
        Task("make_invoice", """{"type":"object","properties":{"old":{"type":"string"}}}""", version: "1.9"),
        Task("make-invoice", """{"type":"object","additionalProperties":false}"""),
        Task("Make.Invoice", null),
        Task("class", """
            {"type":"object","additionalProperties":false,"required":["class","Class","clone"],"properties":{
              "class":{"type":"string"},"Class":{"type":"string"},"clone":{"type":"string"},"to_string":{"type":"string"},"équipe":{"type":"string"},
              "2fast":{"type":"string"},"_":{"type":"string"},"":{"type":"string"},"get_type":{"type":"string"},"a\"b\\c":{"type":"string"},"camelCase":{"type":"string"}}}
            """),
        Task("guid", """{"type":"object","properties":{"guid":{"type":"string","format":"uuid"}},"required":["guid"],"additionalProperties":true}"""),
        Task("job", """{"type":"object","properties":{"others":{"type":"string"}},"additionalProperties":{"type":"string"}}"""),
        Task("r", """{"type":"object","additionalProperties":false,"properties":{"r":{"type":"string"}}}"""),
        Task("1:2", """{"type":"object","properties":{"tree":{"type":"object","properties":{"children":{"type":"array","items":{"$ref":"#/properties/tree"}}}}}}"""),
        Task("loops", """
            {"type":"object","properties":{"self":{"$ref":"#/properties/self"},"list":{"type":"array","items":{"$ref":"#"}},"job":{"$ref":"#"}}}
            """),
    ];

    static RegisteredTask Task(string name, string? schema, string? description = null, string queue = "default", string version = "1.0") => new()
    {
        Name = name,
        Version = version,
        Description = description,
        IsAsync = true,
        Timeout = 300,
        MaxRetries = 3,
        RetryDelay = 60,
        Queue = queue,
        Parameters = schema is null ? null : RawJson.FromText(schema),
        Workers = [],
        LastSeenAt = DateTimeOffset.UnixEpoch,
    };
}
