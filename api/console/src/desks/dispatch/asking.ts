import "element-plus/theme-chalk/el-button.css";
import "element-plus/theme-chalk/el-message-box.css";
import "element-plus/theme-chalk/el-overlay.css";
import { ElMessageBox } from "element-plus";
import { i18n } from "../../i18n";

/** Whether they mean it, where it cannot be undone. */
export async function sure(question: string, title: string): Promise<boolean> {
  const t = i18n.global.t;
  return ElMessageBox.confirm(question, title, { confirmButtonText: title, cancelButtonText: t("cancel"), type: "warning" }).then(() => true, () => false);
}
